export declare function joinedModules(
  folder: string,
  others?: readonly (readonly [path: string, source: string])[],
): Promise<Map<string, string>>
