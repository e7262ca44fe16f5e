import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const style = readFileSync(new URL('../src/style.css', import.meta.url), 'utf8')

/** Colours of both modes by name. */
const colours = new Map(
  [...style.matchAll(/--([\w-]+): light-dark\(#(\w+), #(\w+)\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
)

/** Relative luminance of a colour. @see WCAG 2.2, relative luminance */
function luminanceOf(hex: string): number {
  const digits = hex.length === 3 ? [...hex].map((digit) => digit + digit) : hex.match(/../g)
  const [red = 0, green = 0, blue = 0] = (digits ?? []).map((pair) => {
    const part = Number.parseInt(pair, 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrastOf(one: string, other: string, mode: 'light' | 'dark'): number {
  const [low = 0, high = 0] = [one, other]
    .map((name) => luminanceOf(colours.get(name)?.[mode] ?? ''))
    .sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

describe.each(['light', 'dark'] as const)('colours, %s', (mode) => {
  const texts = ['text', 'quiet', 'accent', 'good', 'warn', 'alarm']
  const grounds = ['ground', 'panel', 'raised']
  const pairs = texts.flatMap((text) => grounds.map((ground) => [text, ground] as const))

  it.each([...pairs, ['on-accent', 'accent'] as const])('%s on %s can be read', (text, ground) => {
    expect(contrastOf(text, ground, mode)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(grounds)('edges of controls are seen on %s', (ground) => {
    expect(contrastOf('edge', ground, mode)).toBeGreaterThanOrEqual(3)
  })
})
