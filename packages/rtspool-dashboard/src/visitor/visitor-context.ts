import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Visitor } from './visitor.js'

/** Gives the person who has logged in to all parts of the page. */
export const VisitorContext = createContext<Visitor | undefined>(undefined)

/** Returns the person who has logged in. @throws {Error} outside of {@link VisitorContext}. */
export function useVisitor(): Visitor {
  const visitor = useContext(VisitorContext)
  if (!visitor) throw new Error('nobody has logged in')
  return visitor
}
