/** Lengths of a ban that the user can choose, in seconds; 0 = until the ban is removed. */
export const banLengths: readonly { readonly seconds: number; readonly text: string }[] = [
  { seconds: 60, text: '60 seconds' },
  { seconds: 10 * 60, text: '10 minutes' },
  { seconds: 60 * 60, text: '1 hour' },
  { seconds: 0, text: 'until removed' },
]
