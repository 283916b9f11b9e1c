/** Name of the folder that a checkpoint is downloaded to, as the official command line makes it. */
export function defaultCheckpointFolder(path: string): string {
  // A run id may hold a colon, which some systems do not allow in names.
  return path.replace(/^[a-z]+:\/\//i, '').replace(/[/\\:]/g, '_')
}
