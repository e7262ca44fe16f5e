import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, Dialog } from '../elements/index.js'
import { QrCode } from './qr-code.js'

/** URLs for players, each to copy or to read by a phone. */
export function UrlList({ urls }: { readonly urls: readonly string[] }): JSX.Element {
  const [shown, setShown] = useState<string | undefined>(undefined)
  const [copied, setCopied] = useState('')
  return (
    <>
      <ul class="urls">
        {urls.map((url) => (
          <li key={url}>
            <code>{url}</code>
            <Button label={`Copy ${url}`} onClick={() => void copy(url).then(setCopied)}>
              Copy
            </Button>
            <Button label={`QR code of ${url}`} onClick={() => setShown(url)}>
              QR code
            </Button>
          </li>
        ))}
      </ul>
      <p class="hint" role="status">
        {copied}
      </p>
      {shown !== undefined && (
        <Dialog title="QR code" onClose={() => setShown(undefined)}>
          <QrCode text={shown} />
          <p>
            <code>{shown}</code>
          </p>
        </Dialog>
      )}
    </>
  )
}

/** @returns A sentence about the attempt: pages without TLS have no clipboard, except on this machine. */
async function copy(url: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(url)
    return `Copied: ${url}`
  } catch {
    return 'The browser does not let this page copy: select the text instead.'
  }
}
