import { z } from 'zod'
import { sampleSeconds } from '../../metrics/history.js'
import { type Operation, operation } from '../operation.js'
import { count, isoTime, queryNumber, time } from '../values.js'

const sampleSchema = z.object({
  number: count.describe('Larger by one than that of the sample before'),
  time,
  uptimeSeconds: z
    .number()
    .min(0)
    .describe('Seconds since the start of the server, by a clock that is never set'),
  sessions: count,
  connections: count,
  bytesIn: count.describe('Bytes of media from publishers since the start'),
  bytesOut: count.describe('Bytes of media to viewers, groups and browsers since the start'),
  packetsDropped: count.describe('Packets not sent to slow viewers since the start'),
  loopDelayMs: z
    .number()
    .min(0)
    .describe('Delay of the event loop: 99 % of its turns were quicker'),
  pressure: z.number().optional().describe('From 0 to 1; absent without a guard against overload'),
})

/** Operation that returns samples of load and traffic from the last five minutes. */
export const historyOperations: readonly Operation[] = [
  operation({
    id: 'getHistory',
    method: 'get',
    path: '/v1/history',
    role: 'viewer',
    tag: 'status',
    summary: 'Figures of the last five minutes, the oldest first',
    query: z.strictObject({
      after: queryNumber(count)
        .optional()
        .describe('Number of a sample: only later ones; all for a number of no sample yet'),
    }),
    result: z.object({ sampleSeconds: z.number(), samples: z.array(sampleSchema) }),
    handle: ({ server: { history } }, { query }) => ({
      sampleSeconds,
      samples: history
        .samples(query.after)
        .map(({ unixTimeMs, ...figures }) => ({ time: isoTime(new Date(unixTimeMs)), ...figures })),
    }),
  }),
]
