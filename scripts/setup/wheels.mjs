// Pinned to the byte: pip refuses anything else. Read from the package index's own records.
export const TENSORFLOW = '2.21.0'

/** [requirement, sha256] */
export const CPU_WHEELS = [
  [`tensorflow-cpu==${TENSORFLOW}`, '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c'],
]

/** TensorFlow for CUDA 12 and what its `and-cuda` extra asks for, less the compiler. */
export const GPU_WHEELS = [
  [`tensorflow==${TENSORFLOW}`, '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124'],
  ['nvidia-cublas-cu12==12.9.3.13', 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72'],
  ['nvidia-cuda-cupti-cu12==12.9.79', '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f'],
  ['nvidia-cuda-nvrtc-cu12==12.9.86', '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'],
  ['nvidia-cuda-runtime-cu12==12.9.79', '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'],
  ['nvidia-cudnn-cu12==9.28.0.42', '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375'],
  ['nvidia-cufft-cu12==11.4.1.4', 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'],
  ['nvidia-curand-cu12==10.3.10.19', '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e'],
  ['nvidia-cusolver-cu12==11.7.5.82', '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'],
  ['nvidia-cusparse-cu12==12.5.10.65', '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'],
  ['nvidia-nccl-cu12==2.32.3', 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'],
  ['nvidia-nvjitlink-cu12==12.9.86', 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'],
]

/** Carries ffmpeg 9.0.2 (GPL 3). */
export const FFMPEG_WHEEL = 'imageio-ffmpeg==0.8.1'

/** By Node's platform and architecture: pip's platform, sha256. */
export const FFMPEG_WHEELS = {
  'linux-x64': ['manylinux_2_28_x86_64', '050d6850601c3b3890bd2b28306f3b842b3daea390a561101174375a1c460bda'],
  'linux-arm64': [
    'manylinux_2_28_aarch64',
    'fad3176f859b25869e60a8ed79957d4e3ed74a97a95e5f0cdcb91455f6c6d00e',
  ],
  'darwin-x64': ['macosx_11_0_x86_64', '9538a10e598257263b5de1a1c1b86e7603417bc219245b1e279b452e5e48cc20'],
  'darwin-arm64': ['macosx_12_0_arm64', '5636d691e36e5274b13fe38182b1f627b2e35dcecc63944012c2470f9484fc45'],
}
