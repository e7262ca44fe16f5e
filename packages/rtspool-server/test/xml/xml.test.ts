import { describe, expect, it } from 'vitest'
import { childrenOf, parseXml, textAt } from '../../src/xml/xml.js'

/** Elements in each other, of which each declares a namespace of its own. */
const nested = (count: number): string => {
  const begins = Array.from({ length: count }, (_, index) => `<a xmlns:p${index}="urn:x">`)
  return `${begins.join('')}${'</a>'.repeat(count)}`
}

describe('parseXml', () => {
  it('finds texts by local names', () => {
    const root = parseXml('<s:a xmlns:s="urn:s"><b> text </b><c/></s:a>')
    expect(childrenOf(root).map(({ localName }) => localName)).toEqual(['b', 'c'])
    expect([textAt(root, 'b'), textAt(root, 'd')]).toEqual(['text', undefined])
  })

  it('refuses a document type', () => {
    expect(() => parseXml('<!DOCTYPE a><a/>')).toThrow('expected no document type, got one')
  })

  it('refuses so many namespaces that the parser would need minutes', () => {
    expect(parseXml(nested(1000)).localName).toBe('a')
    expect(() => parseXml(nested(1001))).toThrow('expected at most 1000 namespaces, got 1001')
  })
})
