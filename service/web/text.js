// The service counts code points, JavaScript counts UTF-16 units: an emoji is one of the first and two of the second.

export function slicer(text) {
  const points = [...text];
  return (start, end) => points.slice(start, end).join("");
}
