import { afterEach } from 'vitest'
import './equal-bytes.js'
import { closeOpenThings } from './open-things.js'

// Runs before each test file, in every worker: a hook in a shared module would be registered only
// once.
afterEach(closeOpenThings)
