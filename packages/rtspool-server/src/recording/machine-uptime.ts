import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { type Clock, systemClock } from 'rtspool'

const bootIdFile = '/proc/sys/kernel/random/boot_id'

/** Clock that counts from the boot of the machine, and that nobody can set. */
export interface MachineUptime {
  /** Identifier of the present boot of the machine; each boot has another one. */
  readonly bootId: string
  /** Returns the milliseconds since the boot of the machine; never decreases. */
  uptimeMs(): number
}

/** Uptime that begins with the process: for clocks of tests, and for systems that do not name their boots. */
export const processUptime = (clock: Clock, bootId: string = randomUUID()): MachineUptime => ({
  bootId,
  uptimeMs: () => clock.now(),
})

/** Returns a clock that nobody can set: the uptime of the machine on Linux, and of the process elsewhere. */
export function machineUptime(): MachineUptime {
  try {
    const bootId = readFileSync(bootIdFile, 'latin1').trim()
    return { bootId, uptimeMs: () => uptime() * 1000 }
  } catch {
    return processUptime(systemClock)
  }
}
