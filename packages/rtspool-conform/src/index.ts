export { type ConformOutput, conform } from './conform.js'
export { createConformCommand } from './options.js'
