/** `tunegraph/tinker/archives`: checkpoint archives, downloaded with progress and unpacked safely. */
export { download } from '../src/tinker/archives/download.ts'
export { DEFAULT_LIMITS, readTar } from '../src/tinker/archives/readTar.ts'
export { directorySink, memorySink } from '../src/tinker/archives/sinks.ts'
export { downloadArchive, downloadFiles, unpackArchive } from '../src/tinker/archives/unpack.ts'
export type { DownloadOptions, DownloadProgress } from '../src/tinker/archives/download.ts'
export type { ArchiveLimits, TarFile } from '../src/tinker/archives/readTar.ts'
export type { ArchiveSink, DirectoryHandle, FileWriter } from '../src/tinker/archives/sinks.ts'
export type { DownloadArchiveOptions, Unpacked, UnpackedFile } from '../src/tinker/archives/unpack.ts'
