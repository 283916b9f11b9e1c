/** Compiles one variant of the kernels; returns the text of its generated file. */
export function buildKernels(variant: string): Promise<string>
export function generatedPath(variant: string): string
