/** URL of the module that a send thread runs. Tests, which run the sources, put the compiled module in its place. */
export const workerUrl = new URL('../worker/send-worker.js', import.meta.url)
