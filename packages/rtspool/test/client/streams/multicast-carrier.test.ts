import { expect, it } from 'vitest'
import { MulticastCarrier } from '../../../src/client/streams/multicast-carrier.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { fixedPorts } from '../../support/fixed-ports.js'
import { until } from '../../support/until.js'

const openSockets = () => process.getActiveResourcesInfo().filter((each) => each === 'UDPWrap')

it('leaves no socket when the client ends while a group is being joined', async () => {
  const before = openSockets().length
  const connection = { localAddress: '127.0.0.1' }
  const carrier = new MulticastCarrier(connection as never, new ManualClock(), '127.0.0.1')
  const port = [fixedPorts.clientMulticast, fixedPorts.clientMulticast + 1]
  const answer = { destination: '239.255.16.22', port, isMulticast: true }
  const opened = carrier.open({ described: {} } as never, answer as never)
  const refused = expect(opened).rejects.toMatchObject({ code: 'ERR_CLIENT_TRANSPORT' })
  await carrier.close()
  await refused
  await until(() => openSockets().length === before)
})
