/** Suggestions for unknown names on a command line, shared by the commands of this project. */

export { nearestName } from './nearest-name.js'
export { unknownOption } from './unknown-option.js'
