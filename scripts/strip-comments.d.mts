export declare function withoutComments(text: string): string

export declare function indentedByTabs(text: string): string
export function withoutCommentsIn(
  text: string,
  statements: readonly { readonly pos: number; readonly end: number }[],
): string
