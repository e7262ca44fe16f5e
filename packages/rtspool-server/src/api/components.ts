import { z } from 'zod'

/** Registry of the schemas that the OpenAPI document defines once by name, and refers to wherever they are used. */
export const components = z.registry<{ readonly id: string }>()
