/** Output and suggestions of command lines, shared by the commands of this project. */

export { type CapturedOutput, captureOutput } from './capture-output.js'
export { nearestName } from './nearest-name.js'
export { unknownOption } from './unknown-option.js'
