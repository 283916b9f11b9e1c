export function apiReference(types: string): Map<string, string>
