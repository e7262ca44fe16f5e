/** Logs a warning, and ends by a fault that nobody catches. */
import { openLog } from '../../../packages/rtspool-server/dist/log/log.js'
import { logFaults } from '../../../packages/rtspool-server/dist/process-faults.js'

const { log } = openLog({ level: 'info', format: 'json' })
logFaults(log)
process.emitWarning('careful', { code: 'RTSPOOL_TEST' })
setTimeout(() => {
  if (process.argv[2] === 'promise') Promise.reject(new Error('a fault'))
  else throw new Error('a fault')
}, 50)
setInterval(() => undefined, 1000)
