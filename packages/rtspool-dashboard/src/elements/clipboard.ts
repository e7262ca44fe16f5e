/**
 * Copies a text to the clipboard. Browsers allow it on pages with TLS, and on pages of this machine.
 *
 * @param done - Sentence about a copy that has succeeded.
 * @returns Sentence about the attempt.
 */
export async function copyText(text: string, done: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text)
    return done
  } catch {
    return 'The browser does not let this page copy: select the text instead.'
  }
}
