"""Which scripts a character belongs to: made by ``tools/make_scripts.py`` of Unicode's data, see ``NOTICE``."""

# A script or several, and where its lower case letters, marks and digits stand, in hexadecimal: first-last, or alone.
RANGES = """
Adlm 1e922-1e94b 1e950-1e959
Adlm+Arab+Mand+Mani+Ougr+Phlp+Rohg+Sogd+Syrc 640
Aghb 10530-10563
Aghb+Cher+Copt+Cyrl+Goth+Grek+Latn+Osge+Syrc+Tfng+Todr 304
Aghb+Cher+Goth+Latn+Sunu+Syrc+Thai 331
Aghb+Latn+Todr 35e
Ahom 11700-1171a 1171d-1172b 11730-11739 11740-11746
Arab 610-61a 620-63f 641-64a 656-65f 66e-66f 671-6d3 6d5-6dc 6df-6e8 6ea-6fc 6ff 750-77f 870-887 889-88f 897-8e1
Arab 8e3-8ff fb50-fbb1 fbc3-fd3d fd50-fdce fdf0-fdf1 fdf3-fdfb fe70-fe74 fe76-fefc 10ec2-10ec7 10ec9-10eee 10ef0-10eff
Arab 1ee00-1ee03 1ee05-1ee1f 1ee21-1ee22 1ee24 1ee27 1ee29-1ee32 1ee34-1ee37 1ee39 1ee3b 1ee42 1ee47 1ee49 1ee4b
Arab 1ee4d-1ee4f 1ee51-1ee52 1ee54 1ee57 1ee59 1ee5b 1ee5d 1ee5f 1ee61-1ee62 1ee64 1ee67-1ee6a 1ee6c-1ee72 1ee74-1ee77
Arab 1ee79-1ee7c 1ee7e 1ee80-1ee89 1ee8b-1ee9b 1eea1-1eea3 1eea5-1eea9 1eeab-1eebb
Arab+Copt 102e0
Arab+Syrc 64b-655 670
Arab+Thaa fdf2
Arab+Thaa+Yezi 660-669
Armi 10840-10855
Armn 558-559 560-588 58b-58c fb13-fb17
Armn+Cyrl+Dupl+Goth+Grek+Hebr+Latn+Perm+Syrc+Tale+Tfng 308
Avst 10b00-10b35
Bali 1b00-1b4c 1b4e-1b59 1b6b-1b73 1b7f
Bamu a6a0-a6e5 a6f0-a6f1 16800-16a38
Bass 16ad0-16aed 16af0-16af4
Batk 1bc0-1bf3
Beng 980-983 985-98c 98f-990 993-9a8 9aa-9b0 9b2 9b6-9b9 9bc-9c4 9c7-9c8 9cb-9ce 9d7 9dc-9dd 9df-9e3 9f0-9f1 9fc 9fe
Beng 1cf5-1cf7 11df0-11df1
Beng+Cakm+Sylo 9e6-9ef
Beng+Cyrl+Deva+Latn+Lisu+Thai+Toto 2bc
Beng+Deva 1ce1
Beng+Deva+Gran+Gujr+Guru+Knda+Latn+Mlym+Nand+Newa+Orya+Shrd+Taml+Telu+Tirh 951
Beng+Deva+Gran+Gujr+Guru+Knda+Latn+Mlym+Newa+Orya+Taml+Telu+Tirh 952
Beng+Deva+Gran+Knda 1cd0 1cd2
Beng+Deva+Gran+Knda+Mlym+Nand+Orya+Sinh+Telu+Tirh+Tutg 1cf2
Beng+Deva+Newa+Shrd 1ced
Beng+Deva+Newa+Telu 1cd8
Beng+Deva+Newa+Telu+Tirh 1cd5
Beng+Deva+Shrd 1cea
Beng+Deva+Telu 1cd6
Beng+Deva+Tutg a8f1
Berf 16ea0-16eb8 16ebb-16ed3
Bhks 11c00-11c08 11c0a-11c36 11c38-11c40 11c50-11c59
Bopo 3105-312f 31a0-31bf
Bopo+Hani 302a-302d
Bopo+Latn 2c7 2c9-2cb
Brah 11000-11046 11066-11075 1107f
Bugi 1a00-1a1b
Bugi+Java a9cf
Buhd 1740-1753
Cakm 11100-11134 11136-1113f 11144-11147
Cakm+Mymr+Tale 1040-1049
Cans 1401-166c 166f-167f 18b0-18f5 11ab0-11abf
Cari 102a0-102d0
Cham aa00-aa36 aa40-aa4d aa50-aa59
Cher 13f8-13fd ab70-abbf
Cher+Copt+Cyrl+Grek+Latn+Perm+Sunu+Tale 300
Cher+Cyrl+Grek+Latn+Osge+Sunu+Tale+Todr 301
Cher+Cyrl+Latn+Osge 30b
Cher+Cyrl+Latn+Tfng 302
Cher+Dupl+Kana+Latn+Syrc+Tfng 323
Cher+Dupl+Latn+Syrc 324
Cher+Latn+Syrc 330
Cher+Latn+Tale 30c
Chrs 10fb0-10fc4
Copt 3e3 3e5 3e7 3e9 3eb 3ed 3ef 2c81 2c83 2c85 2c87 2c89 2c8b 2c8d 2c8f 2c91 2c93 2c95 2c97 2c99 2c9b 2c9d 2c9f 2ca1
Copt 2ca3 2ca5 2ca7 2ca9 2cab 2cad 2caf 2cb1 2cb3 2cb5 2cb7 2cb9 2cbb 2cbd 2cbf 2cc1 2cc3 2cc5 2cc7 2cc9 2ccb 2ccd
Copt 2ccf 2cd1 2cd3 2cd5 2cd7 2cd9 2cdb 2cdd 2cdf 2ce1 2ce3-2ce4 2cec 2cee-2cf1 2cf3
Copt+Dupl+Hebr+Latn+Perm+Syrc+Tale+Tfng+Todr 307
Copt+Elba+Glag+Goth+Kana+Latn 305
Copt+Grek 374
Cpmn 12f90-12ff0
Cprt 10800-10805 10808 1080a-10835 10837-10838 1083c 1083f
Cyrl 430-45f 461 463 465 467 469 46b 46d 46f 471 473 475 477 479 47b 47d 47f 481 48b 48d 48f 491 493 495 497 499 49b
Cyrl 49d 49f 4a1 4a3 4a5 4a7 4a9 4ab 4ad 4af 4b1 4b3 4b5 4b7 4b9 4bb 4bd 4bf 4c2 4c4 4c6 4c8 4ca 4cc 4ce-4cf 4d1 4d3
Cyrl 4d5 4d7 4d9 4db 4dd 4df 4e1 4e3 4e5 4e7 4e9 4eb 4ed 4ef 4f1 4f3 4f5 4f7 4f9 4fb 4fd 4ff 501 503 505 507 509 50b
Cyrl 50d 50f 511 513 515 517 519 51b 51d 51f 521 523 525 527 529 52b 52d 52f 1c80-1c8a 1d2b 1d78 2de0-2dff a641 a643
Cyrl a645 a647 a649 a64b a64d a64f a651 a653 a655 a657 a659 a65b a65d a65f a661 a663 a665 a667 a669 a66b a66d-a66e
Cyrl a674-a67d a67f a681 a683 a685 a687 a689 a68b a68d a68f a691 a693 a695 a697 a699 a69b-a69f fe2e-fe2f 1e030-1e06d
Cyrl 1e08f
Cyrl+Glag 484 487 a66f
Cyrl+Grek+Latn+Perm+Tfng 306
Cyrl+Latn 485-486
Cyrl+Latn+Syrc 1df8
Cyrl+Latn+Todr 311
Cyrl+Perm 483
Deva 900-950 955-963 971-97f 1cd1 1cd4 1cdb 1cde-1cdf 1ce3-1ce8 1cec 1cee-1cf1 a8e0-a8f0 a8f2 a8f4-a8f7 a8fb a8fd-a8ff
Deva 11b00-11b0a
Deva+Dogr+Kthi+Mahj 966-96f
Deva+Gran 1cf3 1cf8-1cf9
Deva+Gran+Knda+Tutg 1cf4
Deva+Gran+Latn 20f0
Deva+Knda+Mlym+Orya+Taml+Telu 1cda
Deva+Nand+Newa 1ce9
Deva+Newa 1ceb
Deva+Newa+Shrd 1cd7
Deva+Newa+Tirh 1ce2
Deva+Shrd 1cd9 1cdc-1cdd 1ce0
Deva+Taml a8f3
Diak 11900-11906 11909 1190c-11913 11915-11916 11918-11935 11937-11938 1193b-11943 11950-11959
Dogr 11800-1183a
Dsrt 10428-1044f
Dupl 1bc00-1bc6a 1bc70-1bc7c 1bc80-1bc88 1bc90-1bc99 1bc9d-1bc9e
Dupl+Latn+Syrc 30a
Egyp 13000-1342f 13439-13455 13460-143fa
Elba 10500-10527
Elym 10fe0-10ff6
Ethi 1200-1248 124a-124d 1250-1256 1258 125a-125d 1260-1288 128a-128d 1290-12b0 12b2-12b5 12b8-12be 12c0 12c2-12c5
Ethi 12c8-12d6 12d8-1310 1312-1315 1318-135a 135d-135f 1380-138f 2d80-2d96 2da0-2da6 2da8-2dae 2db0-2db6 2db8-2dbe
Ethi 2dc0-2dc6 2dc8-2dce 2dd0-2dd6 2dd8-2dde ab01-ab06 ab09-ab0e ab11-ab16 ab20-ab26 ab28-ab2e 1e7e0-1e7e6 1e7e8-1e7eb
Ethi 1e7ed-1e7ee 1e7f0-1e7fe
Ethi+Latn 30e
Gara 10d40-10d65 10d69-10d85 10d8e-10d8f
Geor 10d0-10fa 10fc-10ff 2d00-2d25 2d27 2d2d
Glag 2c30-2c5f 1e000-1e006 1e008-1e018 1e01b-1e021 1e023-1e024 1e026-1e02a
Glag+Latn+Sunu+Syrc+Thai 303
Gong 11d60-11d65 11d67-11d68 11d6a-11d8e 11d90-11d91 11d93-11d98 11da0-11da9
Gonm 11d00-11d06 11d08-11d09 11d0b-11d36 11d3a 11d3c-11d3d 11d3f-11d47 11d50-11d59
Goth 10330-10340 10342-10349
Gran 11300 11302 11305-1130c 1130f-11310 11313-11328 1132a-11330 11332-11333 11335-11339 1133d-11344 11347-11348
Gran 1134b-1134d 11350 11357 1135d-11363 11366-1136c 11370-11374
Gran+Taml be6-bef 11301 11303 1133b-1133c
Grek 342 345 371 373 377 37a-37d 390 3ac-3ce 3d0-3d1 3d5-3d7 3d9 3db 3dd 3df 3e1 3f0-3f3 3f5 3f8 3fb-3fc 1d26-1d2a
Grek 1d5d-1d61 1d66-1d6a 1dbf-1dc1 1f00-1f07 1f10-1f15 1f20-1f27 1f30-1f37 1f40-1f45 1f50-1f57 1f60-1f67 1f70-1f7d
Grek 1f80-1f87 1f90-1f97 1fa0-1fa7 1fb0-1fb4 1fb6-1fb7 1fbe 1fc2-1fc4 1fc6-1fc7 1fd0-1fd3 1fd6-1fd7 1fe0-1fe7
Grek 1ff2-1ff4 1ff6-1ff7 ab65 1d242-1d244 1dff3-1dff4
Grek+Latn+Perm+Todr 313
Gujr a81-a83 a85-a8d a8f-a91 a93-aa8 aaa-ab0 ab2-ab3 ab5-ab9 abc-ac5 ac7-ac9 acb-acd ad0 ae0-ae3 af9-aff
Gujr+Khoj ae6-aef
Gukh 16100-16139
Guru a01-a03 a05-a0a a0f-a10 a13-a28 a2a-a30 a32-a33 a35-a36 a38-a39 a3c a3e-a42 a47-a48 a4b-a4d a51 a59-a5c a5e
Guru a70-a75
Guru+Mult a66-a6f
Hang 1100-11ff 302e-302f 3131-318e a960-a97c ac00-d7a3 d7b0-d7c6 d7cb-d7fb ffa0-ffbe ffc2-ffc7 ffca-ffcf ffd2-ffd7
Hang ffda-ffdc
Hani 3005-3006 303b 31e4-31e5 3400-4dbf 4e00-9fff f900-fa6d fa70-fad9 16fe3 16ff0-16ff6 20000-2a6df 2a700-2b81e
Hani 2b820-2cead 2ceb0-2ebe0 2ebf0-2ee5d 2f800-2fa1d 30000-3134a 31350-33479
Hani+Hira+Kana 303c
Hani+Tang 2ffc-2fff 31ef
Hano 1720-1734
Hatr 108e0-108f2 108f4-108f5
Hebr 591-5bd 5bf 5c1-5c2 5c4-5c5 5c7-5c9 5d0-5ea 5ef-5f2 fb1d-fb28 fb2a-fb36 fb38-fb3c fb3e fb40-fb41 fb43-fb44
Hebr fb46-fb4f
Hira 3041-3096 309d-309f 1b001-1b11f 1b123 1b132 1b150-1b152
Hira+Kana 3031-3035 3099-309a 30fc ff70 ff9e-ff9f
Hluw 14400-14646
Hmng 16b00-16b36 16b40-16b43 16b50-16b59 16b63-16b77 16b7d-16b8f
Hmnp 1e100-1e12c 1e130-1e13d 1e140-1e149 1e14e
Hung 10cc0-10cf2
Ital 10300-1031f 1032d-1032f
Java a980-a9c0 a9d0-a9d9
Jurc 18e00-19191 191a0-191d2
Kali a900-a92d
Kana 30a1-30fa 30fd-30ff 31f0-31ff ff66-ff6f ff71-ff9d 1aff0-1aff3 1aff5-1affb 1affd-1affe 1b000 1b120-1b122
Kana 1b124-1b128 1b155 1b164-1b168
Kawi 11f00-11f10 11f12-11f3a 11f3e-11f5a
Khar 10a00-10a03 10a05-10a06 10a0c-10a13 10a15-10a17 10a19-10a35 10a38-10a3a 10a3f
Khmr 1780-17d3 17d7 17dc-17dd 17e0-17e9
Khoj 11200-11211 11213-11237 1123e-11241
Kits 16fe4 18b00-18cda 18cff
Knda c80-c83 c85-c8c c8e-c90 c92-ca8 caa-cb3 cb5-cb9 cbc-cc4 cc6-cc8 cca-ccd cd5-cd6 cdc-cde ce0-ce3 cf1-cf3
Knda+Mlym+Taml+Telu b83
Knda+Nand+Tutg ce6-cef
Krai 16d40-16d79
Kthi 11080-110ba 110c2
Lana 1a20-1a5e 1a60-1a7c 1a7f-1a89 1a90-1a99 1aa7
Laoo e81-e82 e84 e86-e8a e8c-ea3 ea5 ea7-ebd ec0-ec4 ec6 ec8-ece ed0-ed9 edc-edf
Latn aa ba df-f6 f8-ff 101 103 105 107 109 10b 10d 10f 111 113 115 117 119 11b 11d 11f 121 123 125 127 129 12b 12d 12f
Latn 131 133 135 137-138 13a 13c 13e 140 142 144 146 148-149 14b 14d 14f 151 153 155 157 159 15b 15d 15f 161 163 165
Latn 167 169 16b 16d 16f 171 173 175 177 17a 17c 17e-180 183 185 188 18c-18d 192 195 199-19b 19e 1a1 1a3 1a5 1a8
Latn 1aa-1ab 1ad 1b0 1b4 1b6 1b9-1bb 1bd-1c3 1c6 1c9 1cc 1ce 1d0 1d2 1d4 1d6 1d8 1da 1dc-1dd 1df 1e1 1e3 1e5 1e7 1e9
Latn 1eb 1ed 1ef-1f0 1f3 1f5 1f9 1fb 1fd 1ff 201 203 205 207 209 20b 20d 20f 211 213 215 217 219 21b 21d 21f 221 223
Latn 225 227 229 22b 22d 22f 231 233-239 23c 23f-240 242 247 249 24b 24d 24f-2b8 2e0-2e4 363-36f 1d00-1d25 1d2c-1d5c
Latn 1d62-1d65 1d6b-1d77 1d79-1dbe 1e01 1e03 1e05 1e07 1e09 1e0b 1e0d 1e0f 1e11 1e13 1e15 1e17 1e19 1e1b 1e1d 1e1f
Latn 1e21 1e23 1e25 1e27 1e29 1e2b 1e2d 1e2f 1e31 1e33 1e35 1e37 1e39 1e3b 1e3d 1e3f 1e41 1e43 1e45 1e47 1e49 1e4b
Latn 1e4d 1e4f 1e51 1e53 1e55 1e57 1e59 1e5b 1e5d 1e5f 1e61 1e63 1e65 1e67 1e69 1e6b 1e6d 1e6f 1e71 1e73 1e75 1e77
Latn 1e79 1e7b 1e7d 1e7f 1e81 1e83 1e85 1e87 1e89 1e8b 1e8d 1e8f 1e91 1e93 1e95-1e9d 1e9f 1ea1 1ea3 1ea5 1ea7 1ea9
Latn 1eab 1ead 1eaf 1eb1 1eb3 1eb5 1eb7 1eb9 1ebb 1ebd 1ebf 1ec1 1ec3 1ec5 1ec7 1ec9 1ecb 1ecd 1ecf 1ed1 1ed3 1ed5
Latn 1ed7 1ed9 1edb 1edd 1edf 1ee1 1ee3 1ee5 1ee7 1ee9 1eeb 1eed 1eef 1ef1 1ef3 1ef5 1ef7 1ef9 1efb 1efd 1eff 2071
Latn 207f 2090-209f 214e 2184 2c61 2c65-2c66 2c68 2c6a 2c6c 2c71 2c73-2c74 2c76-2c7d a723 a725 a727 a729 a72b a72d
Latn a72f-a731 a733 a735 a737 a739 a73b a73d a73f a741 a743 a745 a747 a749 a74b a74d a74f a751 a753 a755 a757 a759
Latn a75b a75d a75f a761 a763 a765 a767 a769 a76b a76d a76f-a778 a77a a77c a77f a781 a783 a785 a787 a78c a78e-a78f
Latn a791 a793-a795 a797 a799 a79b a79d a79f a7a1 a7a3 a7a5 a7a7 a7a9 a7af a7b5 a7b7 a7b9 a7bb a7bd a7bf a7c1 a7c3
Latn a7c8 a7ca-a7cf a7d1-a7d5 a7d7 a7d9-a7dd a7e2 a7f1-a7f4 a7f6-a7ff ab30-ab5a ab5c-ab64 ab66-ab69 ab6c-ab6d
Latn fb00-fb06 ff41-ff5a 10780-10785 10787-107b0 107b2-107bf 1df00-1df81 1df90-1df96 1dfcd-1dff2 1dff5-1dfff
Latn+Lisu 2cd
Latn+Osge 358
Latn+Sunu 30d 310
Latn+Sunu+Syrc 32d
Latn+Syrc 325 32e
Latn+Tfng 309
Lepc 1c00-1c37 1c40-1c49 1c4d-1c4f
Limb 1900-191e 1920-192b 1930-193b 1946-194f
Lina 10600-10736 10740-10755 10760-10767
Linb 10000-1000b 1000d-10026 10028-1003a 1003c-1003d 1003f-1004d 10050-1005d 10080-100fa
Lisu a4d0-a4fd 11fb0
Lyci 10280-1029c
Lydi 10920-10939
Mahj 11150-11173 11176
Maka 11ee0-11ef6
Mand 840-85b
Mani 10ac0-10ac7 10ac9-10ae6
Marc 11c72-11c8f 11c92-11ca7 11ca9-11cb6
Medf 16e60-16e7f
Mend 1e800-1e8c4 1e8d0-1e8d6
Merc 109a0-109b7 109be-109bf
Mero 10980-1099f
Mlym d00-d0c d0e-d10 d12-d44 d46-d48 d4a-d4e d54-d57 d5f-d63 d66-d6f d7a-d7f
Modi 11600-11640 11644 11650-11659
Mong 180b-180d 180f-1819 1820-1878 1880-18aa
Mroo 16a40-16a5e 16a60-16a69
Mtei aae0-aaef aaf2-aaf6 abc0-abea abec-abed abf0-abf9
Mult 11280-11286 11288 1128a-1128d 1128f-1129d 1129f-112a8
Mymr 1000-103f 1050-109d a9e0-a9fe aa60-aa76 aa7a-aa7f 116d0-116e3
Nagm 1e4d0-1e4f9
Nand 1cfa 119a0-119a7 119aa-119d7 119da-119e1 119e3-119e4
Narb 10a80-10a9c
Nbat 10880-1089e
Newa 11400-1144a 11450-11459 1145e-11461
Nkoo 7c0-7f5 7fa 7fd
Nshu 16fe1 1b170-1b2fb
Ogam 1681-169a
Olck 1c50-1c7d
Onao 1e5d0-1e5fa 1e5ff
Orkh 10c00-10c48
Orya b01-b03 b05-b0c b0f-b10 b13-b28 b2a-b30 b32-b33 b35-b39 b3c-b44 b47-b48 b4b-b4d b53-b57 b5c-b5d b5f-b63 b66-b6f
Orya b71
Osge 104d8-104fb
Osma 10480-1049d 104a0-104a9
Ougr 10f70-10f85
Palm 10860-10876
Pauc 11ac0-11af8
Pcun 125a8-1264b
Pcun+Xsux 12550-12586 1258c-1258d 1259a-125a7
Perm 10350-1037a
Phag a840-a873
Phli 10b60-10b72
Phlp 10b80-10b91
Phnx 10900-10915
Plrd 16f00-16f4a 16f4f-16f87 16f8f-16f9f
Prti 10b40-10b55
Rjng a930-a953
Rohg 10d00-10d27 10d30-10d39
Runr 16a0-16ea 16f1-16f8
Samr 800-82d
Sarb 10a60-10a7c
Saur a880-a8c5 a8d0-a8d9
Seal 3d000-3fc3f
Sgnw 1da00-1da36 1da3b-1da6c 1da75 1da84 1da9b-1da9f 1daa1-1daaf
Shaw 10450-1047f
Shrd 11180-111c4 111c9-111cc 111ce-111da 111dc 11b60-11b67
Sidd 11580-115b5 115b8-115c0 115d8-115dd
Sidt 10940-10959
Sind 112b0-112ea 112f0-112f9
Sinh d81-d83 d85-d96 d9a-db1 db3-dbb dbd dc0-dc6 dca dcf-dd4 dd6 dd8-ddf de6-def df2-df3
Sogd 10f30-10f50
Sogo 10f00-10f1c 10f27
Sora 110d0-110e8 110f0-110f9
Soyo 11a50-11a99 11a9d
Sund 1b80-1bbf
Sunu 11bc0-11be1 11bf0-11bf9
Sylo a800-a827 a82c
Syrc 710-74a 74d-74f 860-86a 1dfa
Tagb 1760-176c 176e-1770 1772-1773
Takr 11680-116b8 116c0-116c9
Tale 1950-196d 1970-1974
Talu 1980-19ab 19b0-19c9 19d0-19d9
Taml b82 b85-b8a b8e-b90 b92-b95 b99-b9a b9c b9e-b9f ba3-ba4 ba8-baa bae-bb9 bbe-bc2 bc6-bc8 bca-bcd bd0 bd7
Tang 16fe0 17000-18aff 18d00-18d20 18d80-18df2
Tavt aa80-aac2 aadb-aadd
Tayo 1e6c0-1e6de 1e6e0-1e6f5 1e6fe-1e6ff
Telu c00-c0c c0e-c10 c12-c28 c2a-c39 c3c-c44 c46-c48 c4a-c4d c55-c56 c58-c5a c5c-c5d c60-c63 c66-c6f
Tfng 2d30-2d67 2d6f 2d7f
Tglg 1700-1715 171f
Thaa 780-7b1
Thai e01-e3a e40-e4e e50-e59
Tibt f00 f18-f19 f20-f29 f35 f37 f39 f3e-f47 f49-f6c f71-f84 f86-f97 f99-fbc fc6
Tirh 11480-114c5 114c7 114d0-114d9
Tnsa 16a70-16abe 16ac0-16ac9
Todr 105c0-105f3
Tols 11db0-11ddb 11de0-11de9
Toto 1e290-1e2ae
Tutg 11380-11389 1138b 1138e 11390-113b5 113b7-113c0 113c2 113c5 113c7-113ca 113cc-113d5 113d7-113d8 113e1-113e2
Ugar 10380-1039d
Vaii a500-a60c a610-a62b
Vith 10597-105a1 105a3-105b1 105b3-105b9 105bb-105bc
Wara 118c0-118e9 118ff
Wcho 1e2c0-1e2f9
Xpeo 103a0-103c3 103c8-103cf
Xsux 12000-12399 1246f 12475-12543 12587-1258b 1258e-12599 1264c-12686
Yezi 10e80-10ea9 10eab-10eac 10eb0-10eb1
Yiii a000-a48c
Zanb 11a00-11a3e 11a47
"""
