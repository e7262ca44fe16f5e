import { z } from 'zod'

/** Schemas that the OpenAPI document defines by name, and refers to. */
export const components = z.registry<{ readonly id: string }>()
