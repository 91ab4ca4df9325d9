// Reads a file of comments into columns and rows of text.

import { guessDelimiter, parseCsv } from "./csv.js";

export const MAX_ROWS = 5000;
const MAX_BYTES = 50_000_000;
const TEXT_COLUMNS = ["text", "comment", "body", "content", "message", "comment_text", "comment_body"];

// { columns, rows: [{ line, cells }] }; throws an Error that says what to mend.
export async function readTable(file) {
  if (file.size > MAX_BYTES) throw new Error("The file is over 50 MB. Score it with `stance score`.");
  const text = decode(await file.arrayBuffer());
  const table = /\.(jsonl|ndjson)$/i.test(file.name) ? fromJsonLines(text) : fromCsv(text, file.name);
  if (!table.rows.length) throw new Error("The file has no rows below its first line.");
  if (table.rows.length > MAX_ROWS) {
    throw new Error(`The file has ${table.rows.length.toLocaleString("en")} rows, and this page takes ${MAX_ROWS.toLocaleString("en")}. Score it with \`stance score\`.`);
  }
  return table;
}

// The index of the column that most likely holds the comments.
export function guessTextColumn(columns) {
  const names = columns.map((name) => name.trim().toLowerCase());
  const found = TEXT_COLUMNS.map((name) => names.indexOf(name)).find((index) => index >= 0);
  return found ?? 0;
}

function decode(buffer) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    throw new Error("The file is not UTF-8. In a spreadsheet, save it as “CSV UTF-8”.");
  }
}

function fromCsv(text, name) {
  const [header, ...rows] = parseCsv(text, /\.tsv$/i.test(name) ? "\t" : guessDelimiter(text));
  if (!header) throw new Error("The file is empty.");
  const width = header.cells.length;
  const long = rows.find(({ cells }) => cells.length > width);
  if (long) throw new Error(`Line ${long.line}: ${long.cells.length} cells, but the first line names ${width} columns. Put quotes around cells with commas.`);
  return { columns: header.cells, rows: rows.map(({ line, cells }) => ({ line, cells: header.cells.map((_, index) => cells[index] ?? "") })) };
}

function fromJsonLines(text) {
  const records = text.split("\n").map((source, index) => ({ line: index + 1, source })).filter(({ source }) => source.trim())
    .map(({ line, source }) => ({ line, record: parseRecord(source, line) }));
  const columns = [...new Set(records.flatMap(({ record }) => Object.keys(record)))];
  return { columns, rows: records.map(({ line, record }) => ({ line, cells: columns.map((name) => asText(record[name])) })) };
}

function parseRecord(source, line) {
  let record = null;
  try {
    record = JSON.parse(source);
  } catch { /* said below */ }
  if (record === null || typeof record !== "object" || Array.isArray(record)) throw new Error(`Line ${line} is not a JSON object.`);
  return record;
}

function asText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
