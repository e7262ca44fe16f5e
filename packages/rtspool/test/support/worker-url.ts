/** Stands for `src/transport/threads/worker-url.ts`: a worker cannot run the sources. */
export const workerUrl = new URL('../../dist/transport/worker/send-worker.js', import.meta.url)
