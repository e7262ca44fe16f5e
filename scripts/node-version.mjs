/** The oldest version of Node that runs this repository; the same as `engines` in package.json. */
export const oldestNode = [20, 19]

/**
 * Ends the process with one line when the running Node is too old.
 *
 * Written in plain old syntax, so that an old Node gets as far as printing that line.
 */
export function requireNode() {
  const found = process.versions.node.split('.').map(Number)
  const isOld = found[0] < oldestNode[0] || (found[0] === oldestNode[0] && found[1] < oldestNode[1])
  if (!isOld) return
  const wanted = oldestNode.join('.')
  console.error(`rtspool needs Node.js ${wanted} or later; this is ${process.versions.node}.`)
  process.exit(1)
}
