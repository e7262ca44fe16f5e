import { z } from 'zod'

export const httpUrlText = 'a URL with http or https'
const isUrl = (text: string): boolean => URL.canParse(text) && /^https?:/i.test(text)

/** Creates the schema of a URL with `http` or `https`. */
export const httpUrl = () => z.string().refine(isUrl, httpUrlText)
