export const GLYPH_WIDTH = 5
export const GLYPH_HEIGHT = 7

/** ASCII 32 to 126, in order: a digit of base 32 for each row from the top, its highest bit the leftmost dot. */
const GLYPHS = `
0000000 4444404 aa00000 aavavaa 4fke5u4 op248j3 cik8lid 4400000 2488842 8422248 04lel40 044v440 0000648 000v000
00000cc 01248g0 ehjlphe 4c4444e eh1248v v2421he 26aiv22 vgu11he 68guhhe v124888 ehhehhe ehhf12c 0cc0cc0 0cc0c48
248g842 00v0v00 8421248 eh12404 eh1dlle ehhvhhh uhhuhhu ehggghe sihhhis vgguggv vgguggg ehgnhhf hhhvhhh e44444e
72222ic hikokih ggggggv hrllhhh hhpljhh ehhhhhe uhhuggg ehhhlid uhhukih fgge11u v444444 hhhhhhe hhhhha4 hhhllla
hha4ahh hha4444 v1248gv e88888e 0g84210 e22222e 4ah0000 000000v 8420000 00e1fhf ggmphhu 00egghe 11djhhf 00ehvge
698s888 0fhhf1e ggmphhh 40c444e 20622ic ggikoki c44444e 00qllhh 00mphhh 00ehhhe 00uhugg 00djf11 00mpggg 00fge1u
88s8896 00hhhjd 00hhha4 00hhlla 00ha4ah 00hhf1e 00v248v 2448442 4444444 8442448 008l200
`
  .trim()
  .split(/\s+/)
  .map(rows => Array.from(rows, row => Number.parseInt(row, 32)))

const FIRST = 32

/** [7] rows from the top, 5 bits each; of what the font doesn't have, a question mark's. */
export function glyphOf(character: string): readonly number[] {
  return GLYPHS[(character.codePointAt(0) ?? 0) - FIRST] ?? glyphOf('?')
}

/** The characters that are drawn of a text: letters lose their accents. */
export function printed(text: string): readonly string[] {
  return [...text.replaceAll('ß', 'ss').normalize('NFKD').replace(/\p{M}/gu, '')]
}
