import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom'

/** Maximum number of namespaces that a document declares. The parser copies the known ones at each declaration. */
const maxNamespaces = 1000

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Escapes text for content and attributes of XML. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

/**
 * Parses an XML document. A document type is refused: SOAP allows none (SOAP 1.2 part 1 section 5).
 *
 * @returns The root element.
 * @throws {Error} Says why the text is not well-formed, or that it declares more than 1000 namespaces.
 */
export function parseXml(text: string): Element {
  if (/<!DOCTYPE/i.test(text)) throw new Error('expected no document type, got one')
  const namespaces = text.split('xmlns').length - 1
  if (namespaces > maxNamespaces) {
    throw new Error(`expected at most ${maxNamespaces} namespaces, got ${namespaces}`)
  }
  const parser = new DOMParser({ onError: onErrorStopParsing })
  const { documentElement } = parser.parseFromString(text, 'text/xml')
  if (!documentElement) throw new Error('expected an element, got none')
  return documentElement
}

/** Returns the elements directly below an element. */
export function childrenOf(element: Element): readonly Element[] {
  const children: Element[] = []
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === node.ELEMENT_NODE) children.push(node as Element)
  }
  return children
}

/**
 * Finds an element by a path of local names. Namespaces do not count: clients mix them up.
 *
 * @returns `undefined` if one of the names is missing.
 */
export function elementAt(element: Element, ...names: readonly string[]): Element | undefined {
  let found: Element | undefined = element
  for (const name of names) {
    found = found && childrenOf(found).find(({ localName }) => localName === name)
  }
  return found
}

/** Returns the text of an element that {@link elementAt} finds, without spaces around it. */
export const textAt = (element: Element, ...names: readonly string[]): string | undefined =>
  elementAt(element, ...names)?.textContent?.trim()
