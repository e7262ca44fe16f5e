import { generate } from 'lean-qr/nano'
import type { JSX } from 'preact'

/**
 * Width of the light margin around a QR code, in modules (the squares of the code). @see ISO/IEC
 * 18004
 */
const quietModules = 4

/** A text as a QR code, dark on light in both colour schemes. */
export function QrCode({ text }: { readonly text: string }): JSX.Element {
  const code = generate(text)
  const size = code.size + 2 * quietModules
  const parts: string[] = []
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      if (code.get(x, y)) parts.push(`M${x + quietModules} ${y + quietModules}h1v1h-1z`)
    }
  }
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={`QR code of ${text}`}>
      <rect width={size} height={size} fill="#fff" />
      <path d={parts.join('')} fill="#000" shape-rendering="crispEdges" />
    </svg>
  )
}
