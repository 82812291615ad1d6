// Passkeys: creates them and signs in with them. The browser shows its own dialog, and the form sends the result.

const MESSAGES = {
  InvalidStateError: "This device has a passkey for your account already.",
  NotAllowedError: "Cancelled, or it took too long. Try again.",
  SecurityError: "Passkeys do not work at this address. They need a name, such as localhost or example.org.",
  TooManyRequests: "Too many attempts. Try again in a minute.",
};
const UNSUPPORTED = "This browser does not support passkeys. Try a newer one.";
const FAILED = "That did not work. Try again in a moment.";

/**
 * Asks for a passkey before the forms marked by `data-passkey` ("create" or "get") are sent. Their buttons are disabled
 * until then: without this script a form would send nothing that the server could verify.
 */
export function initPasskeys() {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
    enable(form);
    addEventListener("pageshow", () => enable(form)); // the back button shows the page as it was sent
  }
}

const enable = (form) => (submitButton(form).disabled = false);
const submitButton = (form) => form.querySelector("[type=submit]");

async function send(form) {
  const error = form.querySelector("[data-passkey-error]");
  const button = submitButton(form);
  error.hidden = true;
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await ceremony(form));
    form.submit();
  } catch (reason) {
    error.textContent = isSupported() ? (MESSAGES[reason.name] ?? FAILED) : UNSUPPORTED;
    error.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

const isSupported = () => Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

async function ceremony(form) {
  const options = form.dataset.options ? await fetchOptions(form.dataset.options) : pageOptions();
  const isNew = form.dataset.passkey === "create";
  return isNew ? create(options.creation_options.publicKey, form) : get(options.request_options.publicKey);
}

const pageOptions = () => JSON.parse(document.getElementById("passkey-options").textContent);

async function fetchOptions(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (response.status === 429) throw new DOMException("", "TooManyRequests");
  return response.json();
}

const get = (options) =>
  navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });

// A passkey that works without the password is stored on the device, and the device verifies its user.
function create(options, form) {
  const isPasswordless = form.elements.passwordless.checked;
  const selection = {
    ...options.authenticatorSelection,
    residentKey: isPasswordless ? "required" : "discouraged",
    requireResidentKey: isPasswordless,
    userVerification: isPasswordless ? "required" : options.authenticatorSelection.userVerification,
  };
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON({ ...options, authenticatorSelection: selection });
  return navigator.credentials.create({ publicKey });
}
