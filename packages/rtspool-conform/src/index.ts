export { type ConformOutput, conform } from './conform.js'
