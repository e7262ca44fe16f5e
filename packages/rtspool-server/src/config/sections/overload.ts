import { overloadDefaults } from 'rtspool'
import { z } from 'zod'
import { bytes, count, key, seconds } from '../key-meta.js'

const defaults = overloadDefaults
const pressure = () => z.number().min(0).max(1)

/** Section `overload` of the configuration: measures against overload. */
export const overloadSection = z.strictObject({
  enabled: key(z.boolean().default(true), {
    description: 'watch heap, memory, event loop and queues, and act before the process dies',
    live: true,
  }),
  saveAbove: key(pressure().default(defaults.saveAbove), {
    description: 'pressure above which time limits of idle clients shrink; below 1',
    live: true,
  }),
  refuseAbove: key(pressure().default(defaults.refuseAbove), {
    description: 'pressure above which new sessions get 503',
    live: true,
  }),
  shedAbove: key(pressure().default(defaults.shedAbove), {
    description: 'pressure above which the viewers with the largest queues leave',
    live: true,
  }),
  calmSeconds: key(seconds().default(defaults.calmSeconds), {
    description: 'time below a limit after which its measures end; 0 = at once',
    unit: 'seconds',
    live: true,
  }),
  maxShedAtOnce: key(count().default(defaults.maxShedAtOnce), {
    description: 'viewers that may have to leave in half a second; 0 = nobody',
    live: true,
  }),
  maxLoopDelayMs: key(z.number().min(0).default(defaults.maxLoopDelayMs), {
    description: 'delay of the event loop that counts as pressure 1; 0 = not watched',
    unit: 'milliseconds',
    live: true,
  }),
  maxQueuedBytes: key(bytes().optional(), {
    description: 'bytes waiting for all clients that count as pressure 1; 0 = not watched',
    unit: 'bytes',
    defaultText: 'half of the memory',
    examples: [1_073_741_824],
    live: true,
  }),
})
