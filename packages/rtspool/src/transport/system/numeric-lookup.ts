/** Look-up function for sockets with numeric addresses: returns the address itself, and never asks a name server. */
export const numericLookup = (
  address: string,
  options: { family?: number } | ((...result: unknown[]) => void),
  callback?: (error: null, address: string, family: number) => void,
): void => {
  const done = typeof options === 'function' ? options : callback
  done?.(null, address, address.includes(':') ? 6 : 4)
}
