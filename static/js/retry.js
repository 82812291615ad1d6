// Repeats a request until it succeeds.

const MAX_DELAY = 30_000; // ms between two attempts

/**
 * Calls `attempt()` until it returns true. The first call comes after a random delay of up to `within` seconds, so that
 * not all pages ask at once; later ones after growing random delays.
 */
export async function retryUntilDone(attempt, within) {
  await sleep(Math.random() * 1_000 * within);
  for (let failures = 0; !(await attempt()); failures++) await sleep(retryDelay(failures));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const retryDelay = (failures) => Math.min(MAX_DELAY, 1_000 * 2 ** failures) * (0.5 + 0.5 * Math.random());
