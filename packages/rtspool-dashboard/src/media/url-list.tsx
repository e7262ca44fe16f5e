import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, copyText, Dialog } from '../elements/index.js'
import { QrCode } from './qr-code.js'

/** List of the URLs with which players open a media. Each can be copied, or shown as a QR code for a phone. */
export function UrlList({ urls }: { readonly urls: readonly string[] }): JSX.Element {
  const [shown, setShown] = useState<string | undefined>(undefined)
  const [copied, setCopied] = useState('')
  return (
    <>
      <ul class="urls">
        {urls.map((url) => (
          <li key={url}>
            <code>{url}</code>
            <Button
              label={`Copy ${url}`}
              onClick={() => void copyText(url, `Copied: ${url}`).then(setCopied)}
            >
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
