export function publicDeclarations(packageFolder: string, declarations: string): Map<string, string>
