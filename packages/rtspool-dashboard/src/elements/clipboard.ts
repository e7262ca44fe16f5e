/**
 * Copies a text to the clipboard. Browsers allow this on pages with TLS, and on pages of this
 * machine.
 *
 * @param done - Sentence to return after success.
 * @returns Sentence for the user: `done`, or one about the failure.
 */
export async function copyText(text: string, done: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text)
    return done
  } catch {
    return 'The browser does not let this page copy: select the text instead.'
  }
}
