// JSON values in the browser's storage. A browser may refuse storage, or have no room left: no method throws.

class JsonStorage {
  #name;

  constructor(name) {
    this.#name = name;
  }

  // Returns null if there is no such value; `fallback` if the storage or the value cannot be read.
  read(key, fallback = null) {
    try {
      return JSON.parse(window[this.#name].getItem(key));
    } catch {
      return fallback;
    }
  }

  write(key, value) {
    try {
      window[this.#name].setItem(key, JSON.stringify(value));
    } catch {
      // Nothing is stored; callers work without.
    }
  }

  remove(key) {
    try {
      window[this.#name].removeItem(key);
    } catch {
      // There is nothing to remove.
    }
  }

  // Removes the values for whose key `matches(key)` is true.
  removeAll(matches) {
    try {
      for (const key of Object.keys(window[this.#name]).filter(matches)) window[this.#name].removeItem(key);
    } catch {
      // There is nothing to remove.
    }
  }
}

/** Values that outlive the page and the browser's session. */
export const local = new JsonStorage("localStorage");

/** Values of one tab. */
export const session = new JsonStorage("sessionStorage");
