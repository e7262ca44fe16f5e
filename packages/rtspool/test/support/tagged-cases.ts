import { it } from 'vitest'

/** Ids of the checklist or of the threats that a case covers. */
export type Tags = string | readonly string[]

/** Returns tags as the options of a test. */
export const tagged = ({ tags = [] }: { readonly tags?: Tags }) => ({
  tags: typeof tags === 'string' ? tags : [...tags],
})

/** Registers one test a case, like `it.each`, with the tags of that case alone. */
export const eachCase =
  <Case extends { readonly tags?: Tags }>(cases: readonly Case[]) =>
  (title: string, run: (each: Case) => void | Promise<void>): void => {
    for (const each of cases) it.each([each])(title, tagged(each), run)
  }

/** Registers one test a row, like `it.each`; the first column has the tags, with spaces between. */
export const eachRow =
  <Row extends readonly unknown[]>(rows: readonly (readonly [tags: string, ...row: Row])[]) =>
  (title: string, run: (...row: Row) => void | Promise<void>): void => {
    for (const [tags, ...row] of rows) {
      it.for([row])(title, { tags: tags.split(' ').filter(Boolean) }, (each) => run(...each))
    }
  }
