export declare function sentencesOf(
  page: string,
): { readonly text: string; readonly words: number }[]
export declare function anchorsOf(page: string): Set<string>
export declare function linksOf(page: string): string[]
export declare function namedFiles(page: string): string[]
export declare function snippetsOf(
  page: string,
): { readonly language: string; readonly code: string; readonly line: number }[]
