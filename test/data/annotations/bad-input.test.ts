import { describe, expect, test } from 'vitest'
import { loadDataset } from '../../../src/data/load.ts'
import { coco, type Files, folderOf, lines, png, voc, vocObject } from './fixtures.ts'

/** Code, the files, and what the message says. */
type Bad = readonly [code: string, files: Files, words: RegExp]

const PICTURE = png(40, 30)
const BOXES = 'path,label,x,y,w,h'
const boxes = (...rows: readonly string[]): Files => ({
  'a.png': PICTURE,
  'labels.csv': lines('path', 'a.png'),
  'boxes.csv': lines(BOXES, ...rows),
})
const masks = (mask: string | Uint8Array, classes?: string): Files => ({
  'a.png': PICTURE,
  'labels.csv': lines('path,mask', 'a.png,m.png'),
  'm.png': mask,
  ...(classes === undefined ? {} : { 'classes.csv': classes }),
})
const inCoco = (json: string): Files => ({ 'images/a.png': PICTURE, 'annotations/instances.json': json })
const inYolo = (labels: string, settings = 'names: [cat, dog]\ntrain: images\n'): Files => ({
  'images/a.png': PICTURE,
  'labels/a.txt': labels,
  'data.yaml': settings,
})
const inVoc = (xml: string, more: Files = {}): Files => ({
  'JPEGImages/a.png': PICTURE,
  'Annotations/a.xml': xml,
  ...more,
})

const CSV: readonly Bad[] = [
  [
    'data.box',
    boxes('a.png,cat,30,5,20,5'),
    /boxes\.csv line 2: the box of 'cat'.*10 px out of its frame.*40 wide and 30/,
  ],
  ['data.box', boxes('a.png,cat,-3,5,20,5'), /line 2.*3 px out/],
  ['data.box', boxes('a.png,cat,1,1,0,5'), /line 2: .*no area: it is 0 wide and 5 high/],
  ['data.box', boxes('a.png,cat,1,1,4,-5'), /no area/],
  ['data.box', boxes('a.png,cat,41,1,1,1'), /out of its frame|1 px/],
  ['data.box', boxes('a.png,cat,left,1,4,5'), /line 2: x is 'left', and must be a number/],
  ['data.box', boxes('a.png,cat,1,1,,5'), /line 2: w is ''/],
  ['data.box', boxes('a.png,cat,1,1,Infinity,5'), /w is 'Infinity'/],
  ['data.label', boxes('a.png,,1,1,4,5'), /line 2: the box has no label/],
  ['data.path', boxes(',cat,1,1,4,5'), /line 2: the path is empty/],
  ['data.duplicate', boxes('a.png,cat,1,1,4,5', 'a.png,cat,1,1,4,5'), /line 3: .*in line 2/],
  [
    'data.unlisted',
    boxes('b.png,cat,1,1,4,5'),
    /boxes\.csv line 2: .*b\.png is not listed in labels\.csv; did you mean .*a\.png/,
  ],
  ['data.column', { ...boxes(), 'boxes.csv': 'path,label,x,y,width,h\n' }, /boxes\.csv has no column 'w'/],
  ['data.csv', boxes('a.png,cat,1,1,4'), /boxes\.csv is not a CSV file.*line 2/],
  [
    'data.frame',
    { ...boxes(), 'boxes.csv': lines(`${BOXES},frame`, 'a.png,cat,1,1,4,5,3') },
    /line 2: there is no frame 3 in a picture/,
  ],
  [
    'data.frame',
    { ...boxes(), 'boxes.csv': lines(`${BOXES},frame`, 'a.png,cat,1,1,4,5,-1') },
    /line 2: frame is '-1'/,
  ],
  [
    'data.annotated',
    { ...boxes(), 'labels.csv': lines('path,annotated', 'a.png,some') },
    /labels\.csv line 2: annotated is 'some'/,
  ],
  ['data.file', { 'boxes.csv': lines(BOXES, 'a.png,cat,1,1,4,5') }, /line 2: .*a\.png does not exist/],
  ['video.broken', { ...boxes(), 'a.png': 'no picture' }, /a\.png/],
]

const MASKS: readonly Bad[] = [
  [
    'data.mask-size',
    masks(png(30, 40)),
    /labels\.csv line 2: the mask .*m\.png is 30 wide and 40 high, and its picture 40 and 30/,
  ],
  [
    'data.mask-value',
    masks(png(40, 30, [0, 0, 9]), lines('name', 'road', 'sky')),
    /m\.png: the pixel at x 2, y 0 is 9, and .*classes\.csv has 0, 1, 255/,
  ],
  [
    'data.mask-value',
    masks(png(40, 30, [1, 2, 3], { colour: 2 }), lines('name,color', 'road,#000000')),
    /x 0, y 0 is #010203.*#000000/,
  ],
  [
    'data.mask',
    masks(png(40, 30, [1, 2, 3], { colour: 2 })),
    /coloured, as #010203 at x 0, y 0: say in classes\.csv/,
  ],
  ['data.mask', masks('JFIF'), /line 2: the mask .*m\.png is no PNG/],
  ['data.mask', masks(png(40, 30).subarray(0, 45)), /m\.png can't be read/],
  [
    'data.mask',
    { ...masks(''), 'labels.csv': lines('path,mask', 'a.png,n.png') },
    /line 2: there is no mask at .*n\.png/,
  ],
  ['data.classes', masks(png(40, 30), 'name,index\nroad,300\n'), /classes\.csv line 2: index is '300'/],
  [
    'data.classes',
    masks(png(40, 30), 'name,index\nroad,0\nsky,0\n'),
    /line 3: the index 0 stands for two classes/,
  ],
  ['data.classes', masks(png(40, 30), 'name,color\nroad,red\n'), /line 2: color is 'red'.*#rrggbb/],
  ['data.classes', masks(png(40, 30), 'name\nroad\nroad\n'), /line 3: 'road' is named already/],
  ['data.classes', masks(png(40, 30), 'name,ignored\nroad,perhaps\n'), /line 2: ignored is 'perhaps'/],
]

const SEGMENTS = (...rows: readonly string[]): Files => ({
  'a.png': PICTURE,
  'segments.csv': lines('path,start,end,label', ...rows),
})
const TIMES: readonly Bad[] = [
  [
    'data.segment',
    SEGMENTS('a.png,0,2,run', 'a.png,1,3,walk'),
    /segments\.csv line 3: 'walk' \(1 to 3 s\) overlaps 'run' \(0 to 2 s\) of line 2/,
  ],
  ['data.segment', SEGMENTS('a.png,2,2,run'), /line 2: end \(2\) must be after start \(2\)/],
  ['data.segment', SEGMENTS('a.png,soon,2,run'), /line 2: start is 'soon'/],
  ['data.segment', SEGMENTS('a.png,-1,2,run'), /line 2: start is '-1'/],
  ['data.label', SEGMENTS('a.png,0,2,'), /line 2: the segment has no label/],
  ['data.segment', SEGMENTS('a.png,0,2,run'), /line 2: .*a\.png is a picture/],
]

const deep = `{"images": ${'['.repeat(1000)}`
const COCO: readonly Bad[] = [
  ['data.json', inCoco('{"images": [{"id": 1,\n"file_name": }]}'), /instances\.json line [12] is not JSON/],
  ['data.json', inCoco('{"images": [{"id": 1, "file_name": "a'), /line 1 .*string is never closed/],
  ['data.json', inCoco(deep), /line 1 .*nested more than 32 deep/],
  ['data.json', inCoco('[1, 2]'), /'\{' is missing/],
  ['data.json', inCoco('{"images": []}'), /has no 'categories'/],
  ['data.json', inCoco(coco([], { images: 3 })), /images must be a list/],
  ['data.json', inCoco(`${coco()} 1`), /more follows/],
  [
    'data.json',
    inCoco(coco([{ image_id: 5, bbox: [1, 1, 2, 2] }])),
    /annotations\[0\]\.image_id: there is no image 5/,
  ],
  [
    'data.class',
    inCoco(coco([{ category_id: 8, bbox: [1, 1, 2, 2] }])),
    /annotations\[0\]\.category_id: there is no category 8 \(there are 7\)/,
  ],
  ['data.box', inCoco(coco([{ bbox: [1, 1, 2] }])), /annotations\[0\]\.bbox is \[1,1,2\]/],
  [
    'data.box',
    inCoco(coco([{ bbox: [1, 1, 90, 2] }])),
    /annotations\[0\]\.bbox: the box of 'cat'.*51 px out/,
  ],
  ['data.box', inCoco(coco([{ bbox: [1, 1, 0, 2] }])), /bbox: .*no area/],
  [
    'data.picture-size',
    inCoco(coco([], { images: [{ id: 1, file_name: 'a.png', width: 30, height: 40 }] })),
    /images\[0\]: .*said to be 30 wide and 40 high, and is 40 and 30 \(turned/,
  ],
  [
    'data.file',
    inCoco(coco([], { images: [{ id: 1, file_name: 'b.png' }] })),
    /images\[0\]: .*images\/b\.png does not exist/,
  ],
  [
    'data.duplicate',
    inCoco(
      coco([], {
        images: [
          { id: 1, file_name: 'a.png' },
          { id: 1, file_name: 'b.png' },
        ],
      }),
    ),
    /images\[1\]\.id: 1 is there already/,
  ],
]

const YOLO: readonly Bad[] = [
  [
    'data.class',
    inYolo('2 0.5 0.5 0.1 0.1\n'),
    /a\.txt line 1: there is no class 2: .*data\.yaml names 0, 1/,
  ],
  ['data.box', inYolo('0 0.5 0.5 0.1\n'), /a\.txt line 1 has 4 numbers, and must have 5/],
  ['data.box', inYolo('\n0 0.5 x 0.1 0.1\n'), /a\.txt line 2: 'x' is no number/],
  ['data.box', inYolo('0 0.9 0.5 0.4 0.1\n'), /a\.txt line 1: .*out of its frame/],
  ['data.duplicate', inYolo('0 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1 0.1\n'), /line 2: .*in line 1/],
  ['data.yaml', inYolo('', 'names: [cat\n'), /data\.yaml is not YAML/],
  ['data.yaml', inYolo('', 'train: images\n'), /has no names/],
  ['data.yaml', inYolo('', 'names: [cat, cat]\ntrain: images\n'), /'cat' is there twice/],
  ['data.yaml', inYolo('', 'names: [cat]\nnc: 2\ntrain: images\n'), /nc: 2, and has 1 names/],
  ['data.yaml', inYolo('', 'names: [cat]\ntrain: pictures\n'), /train: there is nothing at .*pictures/],
]

const bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><annotation>&b;</annotation>'
const VOC: readonly Bad[] = [
  ['data.xml', inVoc('<annotation>\n<object></annotation>'), /a\.xml line 2 is not XML/],
  ['data.xml', inVoc(bomb), /a\.xml declares a document type or entities/],
  ['data.xml', inVoc('<picture/>'), /no element annotation/],
  [
    'data.xml',
    inVoc(`<annotation>${' '.repeat(2 ** 22)}</annotation>`),
    /a\.xml describes no picture: it has \d+ bytes, and at most/,
  ],
  ['data.box', inVoc(voc(vocObject('cat', [1, 1, 'ten', 5]))), /a\.xml object\[1\]\/bndbox\/xmax is 'ten'/],
  ['data.box', inVoc(voc('<object><name>cat</name></object>')), /object\[1\]\/bndbox\/xmin is ''/],
  [
    'data.box',
    inVoc(voc(vocObject('cat', [1, 1, 5, 5]) + vocObject('dog', [30, 1, 60, 5]))),
    /object\[2\]: the box of 'dog'.*20 px out/,
  ],
  ['data.box', inVoc(voc(vocObject('cat', [9, 1, 5, 5]))), /object\[1\]: .*no area/],
  ['data.label', inVoc(voc(vocObject('', [1, 1, 5, 5]))), /object\[1\]: the box has no label/],
  ['data.picture-size', inVoc(voc('', { width: 50 })), /a\.xml: .*said to be 50 wide/],
  [
    'data.unlisted',
    inVoc(voc(''), { 'ImageSets/Main/train.txt': 'a\nb\n' }),
    /train\.txt line 2: there is no picture b/,
  ],
  [
    'data.duplicate',
    inVoc(voc(''), { 'ImageSets/Main/train.txt': 'a\n', 'ImageSets/Main/val.txt': 'a\n' }),
    /val\.txt line 1: a is in a set already, at .*train\.txt line 1/,
  ],
  [
    'data.file',
    { 'Annotations/b.xml': voc('', { filename: 'b.png' }) },
    /b\.xml: .*JPEGImages\/b\.png does not exist/,
  ],
]

test('a table of boxes under another name', async () => {
  const rows = lines(BOXES, 'a.png,cat,1,1,4,5', 'a.png,cat,9,1,4,5')
  const folder = folderOf({ 'a.png': PICTURE, 'mine.csv': rows })
  await expect(loadDataset(`${folder}/mine.csv`)).rejects.toThrow(
    /line 3: .*a table of boxes is called boxes\.csv/,
  )
})

describe.each([
  ['boxes.csv', CSV],
  ['masks', MASKS],
  ['segments.csv', TIMES],
  ['COCO', COCO],
  ['YOLO', YOLO],
  ['Pascal VOC', VOC],
])('%s, refused with the place named', (_, cases) => {
  test.each(cases)('%s %#', async (code, files, words) => {
    const loading = loadDataset(folderOf(files))
    await expect(loading).rejects.toMatchObject({ code, exitCode: 2 })
    await expect(loading).rejects.toThrow(words)
  })
})
