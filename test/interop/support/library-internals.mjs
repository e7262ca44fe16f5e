// Names inside the library that `send-by-threads.mjs` needs. The build puts them beside the code that is packed, as
// `internals.js`, and npm leaves that file out.
export { InterleavedGroup } from '../../../packages/rtspool/dist/media/fan-out/interleaved-group.js'
export { sendThreadDefaults } from '../../../packages/rtspool/dist/transport/threads/create-send-threads.js'
