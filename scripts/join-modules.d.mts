export declare function joinedCommand(folder: string): Promise<Map<string, string>>

export declare function joinedModules(
  folder: string,
  others?: readonly (readonly [path: string, source: string])[],
): Promise<Map<string, string>>
