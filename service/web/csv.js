// CSV as RFC 4180 has it: quotes, and line ends within them. Written so that a spreadsheet shows it and does not run it.

// What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"); plain numbers are none.
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d[\d.,]*|\.\d+)([eE][+-]?\d+)?%?$/;

// Rows of cells, with the line on which each begins. Blank lines are none.
export function parseCsv(text, delimiter) {
  const rows = [];
  let row = { line: 1, cells: [] };
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const cell = text[at] === '"' ? quoted(text, at, line) : bare(text, at, delimiter);
    row.cells.push(cell.value);
    line += cell.lines ?? 0;
    at = cell.end;
    if (text[at] === delimiter && at + 1 < text.length) {
      at += 1;
      continue;
    }
    if (text[at] === delimiter) row.cells.push("");
    else if (text[at] !== undefined && !"\r\n".includes(text[at])) throw new Error(`Line ${line}: something stands between a closing quote and the next cell.`);
    at += text.startsWith("\r\n", at) ? 2 : 1;
    line += 1;
    if (row.cells.length > 1 || row.cells[0] !== "") rows.push(row);
    row = { line, cells: [] };
  }
  return rows;
}

export function writeCsv(rows) {
  return rows.map((cells) => cells.map(cellText).join(",")).join("\r\n") + "\r\n";
}

// The sign that occurs most often outside quotes in the first line.
export function guessDelimiter(text) {
  const header = text.split(/\r|\n/, 1)[0].replace(/"[^"]*"/g, "");
  const count = (sign) => header.split(sign).length;
  return [",", ";", "\t"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

function quoted(text, start, line) {
  const pieces = [];
  let from = start + 1;
  for (;;) {
    const close = text.indexOf('"', from);
    if (close < 0) throw new Error(`Line ${line}: a quote is opened and never closed.`);
    pieces.push(text.slice(from, close));
    if (text[close + 1] !== '"') {
      const value = pieces.join('"');
      return { value, end: close + 1, lines: value.split(/\r\n|\r|\n/).length - 1 };
    }
    from = close + 2;
  }
}

function bare(text, start, delimiter) {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end += 1;
  return { value: text.slice(start, end), end };
}

function cellText(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
