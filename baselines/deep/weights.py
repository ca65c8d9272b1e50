"""The weights files of the deep fusers: who published them, where, under which terms, and their hashes.

Nothing here is shipped. Each entry is a file that the user provides: in the form the authors published
(first hash) or converted to safetensors with the authors' tensor names (second hash; the conversion in
docs/deep-fusers.md is reproducible to the byte). Of a file too large to have been at hand, the authors' repository
states git's name; of one on a net disk nothing is known, and it is given with the option `weights`. DenseFuse's,
DeepFuse's and MFF-GAN's files are taken converted only: they hold the optimiser's state too, or another format.
"""

from __future__ import annotations

from dataclasses import replace

from tcmoa_bench.types import Weights

# Repository on GitHub: commit, licence as far as one is stated there.
_SOURCES = {
    "uzeful/IFCNN": ("8fe59c2b1553e52acc793986208ca479d134a8da", "none stated"),
    "Linfeng-Tang/VIF-Benchmark": ("23f2e51fc1b084310d998999222ce02dc364b6eb", "MIT"),
    "HaowenBai/ReFusion": ("54b733420e67042aa6ddd146ec3edef902122930", "none stated"),
    "AWCXV/GIFNet": ("c8ad04ae3bfefcebfa9abe94d1d5895c8db56a44", "none stated"),
    "AWCXV/MUFusion": ("223134e6317081bbf57cf51d175e93b386bb7602", "MIT"),
    "Zhaozixiang1228/IVIF-DIDFuse": ("5f287300dce7cbc90b9e08e6872455af6baa279f", "none stated"),
    "tthinking/DATFuse": ("0cd93f15fb5552c7aef79b7be56726c863d6c5ba", "none stated"),
    "hli1221/densefuse-pytorch": ("4394b63e9295db1c6b7a5c3664551c90f0605f2b", "none stated"),
    "hli1221/imagefusion_densefuse": ("ef23f0f06c4fce7a6c2c04c9d20119e3d96507b9", "none stated"),
    "hanna-xu/U2Fusion": ("0a5882140df67b3e0b588e1f2233e18cf944f1a4", "none stated"),
    "HaoZhang1018/SDNet": ("bf6a2eeed1f723f0fd319b882d2bf38016bf6e55", "MIT"),
    "HaoZhang1018/PMGI_AAAI2020": ("61a85e49a306f5e9cdb05479696ad7c66253f83d", "MIT"),
    "RollingPlain/SAGE_IVIF": ("377fdbef6b8b6ccbd1139358ad66bb41ea084dc1", "MIT"),
    "dlut-dimt/ReCoNet": ("0870f5f37852ace85850d9fd2d4570eb57682d22", "MIT"),
    "Keep-Passion/SESF-Fuse": ("23e60b8c710919f5b2957b64c96e3c204443c6d7", "LGPL-2.1"),
    "zheng980629/SHIP": ("6b95318c7700fce74a476e057f077ecd90ff85b3", "none stated"),
    "Zhaozixiang1228/IVIF-AUIF-Net": ("8f54650ffbc0a9e655a0d4c6098751bedc319803", "none stated"),
    "Zhaozixiang1228/MMIF-CDDFuse": ("fd8da1f39d8d", "none stated"),
    "Zhaozixiang1228/MMIF-EMMA": ("9983ca2f6275", "none stated"),
    "makedede/MEFNet": ("d2b87b425e425e497bc02e582ca3a15100c45023", "none stated"),
    "tthinking/YDTR": ("b1f01b4ba7b2f40e4fcaec620f29640960db7e98", "none stated"),
    "hli1221/imagefusion-LRRNet": ("e489fc325ea6acb9b7327b1de2c0cc4a09172ba4", "none stated"),
    "hli1221/Imagefusion_deepfuse": ("19dd37082fa1efb454b275b8cede2be1aea4d0f6", "none stated"),
    "HaoZhang1018/MFF-GAN": ("2f674c8aa00613e4637b8b12c772323b872fa9b4", "MIT"),
    "KRamPrabhakar/DeepFuse": (
        "31c226f807957a7c356391854c6d80586e872166",
        "research purposes only, not commercial",
    ),
    "hanna-xu/MEF-GAN": ("0f796b102fae", "none stated"),
    "Linfeng-Tang/SwinFusion": ("ceeec3fe9356", "none stated"),
}


def _file(repository: str, path: str, size: int, *sha256: str) -> Weights:
    commit, licence = _SOURCES[repository]
    origin = f"https://github.com/{repository}/raw/{commit}/{path}"
    return Weights(path.rpartition("/")[2], sha256, origin, licence, size)


def _blob(repository: str, path: str, *git_blobs: str) -> Weights:
    """A file whose bytes nobody here has read: known by git's name for it."""
    return replace(_file(repository, path, 0), git_blobs=git_blobs)


#: Files by the name of the training; a training that was published in two files has two entries.
WEIGHTS: dict[str, tuple[Weights, ...]] = {
    "ifcnn_max": (
        _file(
            "uzeful/IFCNN",
            "Code/snapshots/IFCNN-MAX.pth",
            337094,
            "6022b44c88a2f0367ba9b08fcdf0d663745d9a966fca0ee1f41867797b6ff53f",
            "0aae316bcba64dca2b7cb0f0ea650c2f12d82aac39cc29f49f9d625aa3195da2",
        ),
    ),
    "ifcnn_sum": (
        _file(
            "uzeful/IFCNN",
            "Code/snapshots/IFCNN-SUM.pth",
            337107,
            "a8c1d293f1bf16a93e6244a4bf8f7a7bd300dc10555c8597ad7ef3320b0410cb",
            "4769f23822cb473fd55e9d6f29bbbf1f1366b3338e6d614b5a83134de849eb65",
        ),
    ),
    "ifcnn_mean": (
        _file(
            "uzeful/IFCNN",
            "Code/snapshots/IFCNN-MEAN.pth",
            337079,
            "fd2ee9361f1d428fc9749e28e8a2c5c5ef6ce6528ab6f5ad8ef5def42e7ffa4b",
            "de0dfe59dbc92e6b804f2a5acd8c8c1346867324c0c51248cd53a8842517147f",
        ),
    ),
    "seafusion": (
        _file(
            "Linfeng-Tang/VIF-Benchmark",
            "Checkpoint/SeAFusion/SeAFusion.pth",
            682043,
            "8d65a7f9a50f36349803368cf9920f40420776995e7e8cc8a56d8d30e499431d",
            "84f682bcc3456ab605249538fbb1c46b21fae85c6a9d4004598362f61ce99cff",
        ),
    ),
    "refusion_ivif": (
        _file(
            "HaowenBai/ReFusion",
            "models/ReFusion_IVIF.pth",
            281203,
            "1b8358d8dab5e95c9d3f668782abda85359685669444946001ac41ea96891b2c",
            "bf14650fee06cdb2e56679375723463551f78aa66bb6ad6f7aa8b9b1f87bedb0",
        ),
    ),
    "refusion_meif": (
        _file(
            "HaowenBai/ReFusion",
            "models/ReFusion_MEIF.pth",
            281203,
            "6815d372069b2b96a59c02dff31d42d7d5604c5507227c5b6801d967832461d4",
            "7dbc1590b47bac96235e7c5685952470a8d1c793be85501b854b76058f8170c7",
        ),
    ),
    "refusion_mfif": (
        _file(
            "HaowenBai/ReFusion",
            "models/ReFusion_MFIF.pth",
            281203,
            "0ba2c1070a37e3a067afa66c39eae7e96e782d9261afcab454af069c460221f2",
            "23d56913131ec542395e59fa901475109420cdc351c503ee6c5334ac69a3d893",
        ),
    ),
    "refusion_mif": (
        _file(
            "HaowenBai/ReFusion",
            "models/ReFusion_MIF.pth",
            281115,
            "5cc483457390ea8ffeeedbf41287adf23880f860b2f9b6b6045329598fd2e0e5",
            "a87a8f12e29feff012284c2e9ac84ebf869d84d126ebdbf0e04f383911fd2a82",
        ),
    ),
    "gifnet": (
        _file(
            "AWCXV/GIFNet",
            "model/Final.model",
            3408450,
            "bfc1dfef0d5b386b0c04f172daf8f6af52ba395f26dc3dd5757425fd32eb1038",
            "041ed3500ccf3326249070e60f0628cafcad0427ac46ef61a79e7735a136519b",
        ),
    ),
    "mufusion_tno": (
        _file(
            "AWCXV/MUFusion",
            "ir_vis/models/TNO.model",
            2227655,
            "5d96ad1812c61e005edb439c85e341bac91c7bf275f1a41cd20a0a62769b2dbb",
            "a6dd07a322b6d267899576973fb0cc3dd12b5c8a8c8e605da0e737e90bea338d",
        ),
    ),
    "mufusion_roadscene": (
        _file(
            "AWCXV/MUFusion",
            "ir_vis/models/RoadScene.model",
            2227655,
            "8c358e4869092fb0bb553947674ee1b04bfffe06eb200354c3a62ee005f093fd",
            "b0645074df5a1ce44a0a2cec343fc8d4712a6d01233e15a7c82b9814540f9d43",
        ),
    ),
    "mufusion_mef": (
        _file(
            "AWCXV/MUFusion",
            "multi-exposure/models/Final.model",
            2227655,
            "d48691ab1f3e2ae64d381bfd6d3cc85554936c30de3fbc6fcd3a5820e1791575",
            "8349fdd5bd8f21fe5dfb7f20fe9c08206f235c0c86f49c0e58b5b40beddb63e4",
        ),
    ),
    "mufusion_mff": (
        _file(
            "AWCXV/MUFusion",
            "multi-focus/models/Final.model",
            2226525,
            "2c1bcfb97a27d9f8f2fe52c907b821d0e01cf5d50ad7e2cbb04014baa0b5d491",
            "b39570eae3103d33a626b8afd234ee372b890d69c5f3d3dbf1bfb383e895de49",
        ),
    ),
    "mufusion_harvard": (
        _file(
            "AWCXV/MUFusion",
            "medical/models/harvard.model",
            2227655,
            "f8537a378d5b980fc190897eb94981fc74ab8afb5d362e7aada86b672455584d",
            "e5c70bb9f5859bcc8d4bbf02ddfa3a99f6627799d8b7d3815f7f54191ccefe59",
        ),
    ),
    "tardal": (
        _file(
            "Linfeng-Tang/VIF-Benchmark",
            "Checkpoint/TarDAL/tardal.pt",
            1203451,
            "e0fa61e25cffa9fb14ff17b47ea7ba237a6e8c6f37e1b9b115d63354ff0f13e1",
            "ccbae1fc389affb65268ba19035366da1a5f1cc407c56626365a9f2439dae6d1",
        ),
    ),
    "tardal_p": (
        _file(
            "Linfeng-Tang/VIF-Benchmark",
            "Checkpoint/TarDAL/tardal+.pt",
            1201819,
            "cff3756548b511e3e415616debc557cdc85b3bb19393ca158cac8d08f232897c",
            "850668ce9aff46f45aeb0c4ba56d93e0b78f927e1e858ad0e2bec0e8a888fe42",
        ),
    ),
    "tardal_pp": (
        _file(
            "Linfeng-Tang/VIF-Benchmark",
            "Checkpoint/TarDAL/tardal++.pt",
            1201819,
            "7009d125e36db043d6918d9358e10c6dca7fdf2dd08ada09c5ecd294f45f98c5",
            "5487c83241bfcc3a90c7fe1b794262da7735c6b8e18285ee561c7b55d0d25a63",
        ),
    ),
    "didfuse": (
        _file(
            "Zhaozixiang1228/IVIF-DIDFuse",
            "Models/Encoder_weight_IJCAI.pkl",
            454838,
            "4d84a4e64e58469d3d4591f83c6683ead3e422498519db99bb617cb29d268471",
            "39913a39851a147529a6b52b109976158a614f73f2ae7d53071d6950bfd0e20e",
        ),
        _file(
            "Zhaozixiang1228/IVIF-DIDFuse",
            "Models/Decoder_weight_IJCAI.pkl",
            600772,
            "c6974e2a7c66ab579a77bacb086023237a229e769d459783bad8ff43e52e9986",
            "39913a39851a147529a6b52b109976158a614f73f2ae7d53071d6950bfd0e20e",
        ),
    ),
    "datfuse": (
        _file(
            "tthinking/DATFuse",
            "model_10.pth",
            65189,
            "075b636954cbd425fc29be808bcfb42232e29b203f054c2a637ed301300d5a1d",
            "d9f6131142012ba9ab390a3cacd9c1d028313c0c2872e15d5069a1f06802e470",
        ),
    ),
    "densefuse_pt_gray": (
        _file(
            "hli1221/densefuse-pytorch",
            "models/densefuse_gray.model",
            300413,
            "b34cf3650f04161b31ac2467decfeedf7eba39165b7618f846e0f298ecd2ac65",
            "3073e2ca9055037b4b2e02adf0f224725d76c096d27e0c3dafad210f919193c4",
        ),
    ),
    "densefuse_pt_rgb": (
        _file(
            "hli1221/densefuse-pytorch",
            "models/densefuse_rgb.model",
            302727,
            "d1829f47c0ff02ecfc294907655384eebc911a00deb89b91e354ae47c8728ea5",
            "15559b8f4c7eb8496316f40b17ca57cf7083a1622befd61f6067f80f3bac706a",
        ),
    ),
    "densefuse_tf_1e2": (
        _file(
            "hli1221/imagefusion_densefuse",
            "models/densefuse_gray.zip",
            298228,
            "04067690a0112807921c8775b822a388a735a209a8d911a9f9ad4d3dfd2b742c",
        ),
    ),
    "u2fusion": (
        _file(
            "hanna-xu/U2Fusion",
            "model/model.ckpt.data-00000-of-00001",
            2636868,
            "e50cada8d4ec92f2577ad5db5d212fba521dffb35d04e00a20364b43512c64c8",
            "d5020b298342f57a002e170a5e151d2e5fd8dd9e30fec8687c988c481b4a352c",
        ),
    ),
    "sdnet_vif": (
        _file(
            "HaoZhang1018/SDNet",
            "IR_VIS/checkpoint/IRVIS.model-10.data-00000-of-00001",
            268364,
            "17e4426453f09f3dae7887244f48eed54550bdd584792ac284597ee3713293a0",
            "a2562b47540579d3f6a82701c0dd7aeb7adf891fe4bf526037e04d3327f69f1d",
        ),
    ),
    "sdnet_mif": (
        _file(
            "HaoZhang1018/SDNet",
            "Medical/checkpoint/Medical.model-29.data-00000-of-00001",
            268364,
            "062d217c7eca5cf910d11115a40347927d7a7b2e6c034a7a76b6149defd97898",
            "c292c37bed96e4dfc951b2e6146d18c3a78a0c088391943e5d9dacd0a68bb94d",
        ),
    ),
    "sdnet_mef": (
        _file(
            "HaoZhang1018/SDNet",
            "Multi_exposure/checkpoint/MEF.model-11.data-00000-of-00001",
            268364,
            "81fe45422b083a002a842c728f9fa1cf14b32a80e82f120a4e97a1006bfc4e6f",
            "511caa08b030740f1d4e2e6505626f36da8e7c810a827057dd4a67dfe62f5ce7",
        ),
    ),
    "sdnet_mff": (
        _file(
            "HaoZhang1018/SDNet",
            "Multi_focus/checkpoint/MFF.model-19.data-00000-of-00001",
            268364,
            "1d568798216d6b22ad4e019e70717b950ebf79682a813acc9846c86e8c4e10f0",
            "0f5f16e74e1538281e7d89f27491f0e1ecf7d55898d649e4e632b38ccccf1f6c",
        ),
    ),
    "pmgi_vif": (
        _file(
            "HaoZhang1018/PMGI_AAAI2020",
            "Code_PMGI/IR_VI/checkpoint/CGAN_120/CGAN.model-1.data-00000-of-00001",
            169604,
            "005d29cd3fdbf3805369a8372ce3fb15190905db6aed7dee661880776b8cfccf",
            "5923fa9b13e76eb8c3d3deb28ed461cf4a2212e7dc4a92ee8937a9530f24f278",
        ),
    ),
    "pmgi_mif": (
        _file(
            "HaoZhang1018/PMGI_AAAI2020",
            "Code_PMGI/Medical/checkpoint/CGAN_120/CGAN.model-29.data-00000-of-00001",
            169604,
            "3e95eefac0b8b6e3aca4b91d1f79c76c1bc40ccff717d58e77e2107c5d698816",
            "0ef2a819a7682592790b018a3aacb0ab4a5191a5c99d13fc3beda63e504a1c65",
        ),
    ),
    "pmgi_mef": (
        _file(
            "HaoZhang1018/PMGI_AAAI2020",
            "Code_PMGI/Multi-exp/checkpoint/CGAN_120/CGAN.model-9.data-00000-of-00001",
            169604,
            "f4593b9ebb63b832cb067512689504a8a0afbba3319f8926748f6ddba7cfd4f7",
            "81fd09bf0b2c6203b2ec8c23a2b6e2d385ec8e709ad34893a7b38a140dcf16a7",
        ),
    ),
    "pmgi_mff": (
        _file(
            "HaoZhang1018/PMGI_AAAI2020",
            "Code_PMGI/Multi-focus/checkpoint/CGAN_60/CGAN.model-1.data-00000-of-00001",
            169604,
            "25ca20b23bede382dd161532049380105ce1532b2d22f3276f142003e5b16d99",
            "7ddafbde5ad34438b8c3f4ec274cccdb08ea03e8917c7296a0843c8c3f5e2e15",
        ),
    ),
    "sage": (
        _file(
            "RollingPlain/SAGE_IVIF",
            "checkpoints/checkpoints.pt",
            579020,
            "ecfde477ca4cd65401f207d5dc91ce6c475a49891d768dbdb7a66366255ee836",
            "dbcb65813a91e16cfa7891ea3cc6af7ed5c733494841a760c52e927e056eae56",
        ),
    ),
    "reconet_v0": (
        _file(
            "dlut-dimt/ReCoNet",
            "archive/params.pth",
            40395,
            "d4f013c85e48d10d4f6c8b6574f16e4fe9cb5df48c77fc17c1e524f04bb3c290",
            "e9696bec3cc1de756a3b8f48f41239ea6b1d7f25ea93c94d7a3def2118ae202a",
        ),
    ),
    "sesf": (
        _file(
            "Keep-Passion/SESF-Fuse",
            "nets/parameters/lp+lssim_se_sf_net_times30.pkl",
            311937,
            "8758fcab88f19f673e31c9a8d1dc60e67f5b655572462ea099c49248b36fdaa3",
            "57dddd43e45fbd4b88bbf9d573bc35c8ca05739ce7e966a49905e4a2f9a1433a",
        ),
    ),
    "ship": (
        _file(
            "zheng980629/SHIP",
            "pretrained_model/SHIP_model.pth",
            2397047,
            "e61783e79144d5c9da6681b833ad64624ed2e61f6a533fd18ab896349e3f7329",
            "388a441b475ce6d6f18177ca9cfe59168362fd99252c67279321bf9992070a2a",
        ),
    ),
    "auif": (
        _file(
            "Zhaozixiang1228/IVIF-AUIF-Net",
            "Models/TCSVT_Encoder_Base.model",
            37619,
            "c4fe51b85637e3befc89b27e3cbb7a765aea37871eb4da4f58b471680ce7eb72",
            "668a4995403f0fbbe95070fe81cc579a6f15d7e3569de5551498849ab9544bb7",
        ),
        _file(
            "Zhaozixiang1228/IVIF-AUIF-Net",
            "Models/TCSVT_Encoder_Detail.model",
            37619,
            "92e1ad6a4b7e5a2acc442a3a57c3b0e48a2af262f487942e42d81334de204726",
            "668a4995403f0fbbe95070fe81cc579a6f15d7e3569de5551498849ab9544bb7",
        ),
        _file(
            "Zhaozixiang1228/IVIF-AUIF-Net",
            "Models/TCSVT_Decoder.model",
            1213,
            "7966d490bb4003821c8f20ce1197c22d020ab986850571c5dfa02b0defad8ad3",
            "668a4995403f0fbbe95070fe81cc579a6f15d7e3569de5551498849ab9544bb7",
        ),
    ),
    "mefnet": (
        _file(
            "makedede/MEFNet",
            "checkpoint/MEFNet_release.pt",
            333528,
            "8d524b43086cff513c36ae34814669ea4d1cbee4014d394b1a921b5114360b1b",
            "1d14d1bc6e8a1072c9b1feb7fe4803ee598a568e18add76f7af7825ce217769a",
        ),
    ),
    "ydtr": (
        _file(
            "tthinking/YDTR",
            "models/model_10.pth",
            893678,
            "183c31a103ada74063e644b300d6708ed567dcc231a9d0f8d52e098c6c2a0d32",
            "370bc2f141af28f2757c39c59ca0348183cd9e01185eb0d8709ccaf6f2c1fce2",
        ),
    ),
    "lrrnet": (
        _file(
            "hli1221/imagefusion-LRRNet",
            "model/final_lrr_net_lam2_1.5_wir_3.0_lam3_gram_2000_epoch_4_block_4.model",
            218515,
            "1de9dd8dee9b650ce69c74ea53e3b9a6b749222f1059a689aabf28f68ee63e29",
            "defa407950ab34a84d86b216be8f494c376b82e612f9b8530b93c7ff156dc457",
        ),
    ),
    "mffgan_lytro": (
        _file(
            "HaoZhang1018/MFF-GAN",
            "checkpoint/Lytro_model/CGAN.model-19.data-00000-of-00001",
            1722760,
            "36dfee98b9a890fe33ab3d80156d371ce972bb6f868ff827e281931a4a3f51e6",
        ),
    ),
    "mffgan_whu": (
        _file(
            "HaoZhang1018/MFF-GAN",
            "checkpoint/MFI-WHU_model/CGAN.model-19.data-00000-of-00001",
            1722760,
            "9d68721ff3b8e69757d771282d7268c3789965fa761b41b979118e0b25ad84f5",
        ),
    ),
    "deepfuse": (
        _file(
            "KRamPrabhakar/DeepFuse",
            "DF_model_Epoch99.npz",
            1268970,
            "53de972a86acb4f07a2553c5f8963194652fb1b60fc1d5a584f0f4e218563cf1",
        ),
    ),
    "deepfuse_hli": (
        _file(
            "hli1221/Imagefusion_deepfuse",
            "models/deepfuse_models/deepfuse_model_bs2_epoch4_all.ckpt.data-00000-of-00001",
            225812,
            "51229727e5e858a46a9a42996cf8dec5b2792e3f26b052cbf319faa6baece97e",
        ),
    ),
    "cddfuse": (
        _blob(
            "Zhaozixiang1228/MMIF-CDDFuse",
            "models/CDDFuse_IVF.pth",
            "d2794226bd48961132111bceff89ce3c955b3985",
        ),
    ),
    "cddfuse_mif": (
        _blob(
            "Zhaozixiang1228/MMIF-CDDFuse",
            "models/CDDFuse_MIF.pth",
            "072e39abce5979c0568ee510713c123c28160f12",
        ),
    ),
    "rfn_nest": (
        _blob(
            "Linfeng-Tang/VIF-Benchmark",
            "Checkpoint/RFN-Nest/NestFuse.model",
            "ed97064f42408b832ba04c09c2b0f0b883de666e",
        ),
        _blob(
            "Linfeng-Tang/VIF-Benchmark",
            "Checkpoint/RFN-Nest/RFN_Nest.model",
            "5d6f488bb906abe8e623b1e2af5bc9e380e6a580",
        ),
    ),
    "swinfuse": (
        Weights(
            "Final_epoch_50_Mon_Feb_14_17_37_05_2022_1e3.model",
            (),
            "the Baidu disk named in https://github.com/Zhishe-Wang/SwinFuse",
            "none stated",
        ),
    ),
    "umf_cmgr": (
        _blob(
            "Linfeng-Tang/VIF-Benchmark",
            "Checkpoint/UMF-CMGR/UMF_CMGR.pth",
            "7cd235858341328e4cf19ed81bc1e87986183229",
        ),
    ),
    "defusion": (
        Weights(
            "DeFusion's checkpoint",
            (),
            "Google Drive, file 1CUoFLiV3mugvbfBcMcwgXbDF6bWPhdd9, as named in "
            "https://github.com/erfect2020/DecompositionForFusion",
            "MIT",
        ),
    ),
    "mefgan": (
        _blob(
            "hanna-xu/MEF-GAN",
            "models/model.ckpt.data-00000-of-00001",
            "16d4d7fce4f13130c77257d9915856dca0f68efb",
        ),
    ),
    "fusiondn": (
        Weights(
            "model.ckpt.data-00000-of-00001",
            (),
            "the Baidu disk named in https://github.com/hanna-xu/FusionDN",
            "none stated",
        ),
    ),
    "swinfusion": (
        _blob(
            "Linfeng-Tang/VIF-Benchmark",
            "Checkpoint/SwinFusion/SwinFusion.pth",
            "b60cafeb07fea9387d6b1acd5d59adec9829f6ae",
            "67788c10509e2e63b81190ad56c206de5eb514c5",
        ),
    ),
    "emma": (
        _blob(
            "Zhaozixiang1228/MMIF-EMMA",
            "model/EMMA.pth",
            "46f382475767323b83f3f7f52dc2bed0ac6b7476",
        ),
    ),
}
