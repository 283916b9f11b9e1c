/** Makes an id safe inside a URL path. Its own `/` and `:` stay, as the official client sends them. */
export function pathSegments(id: string): string {
  return id.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':')
}
