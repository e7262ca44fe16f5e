/** What a command line answers to a name that it does not know: shared by the commands of this project. */

export { nearestName } from './nearest-name.js'
export { unknownOption } from './unknown-option.js'
