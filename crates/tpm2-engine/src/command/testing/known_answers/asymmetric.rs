//! Known answers of RSA and of elliptic curves.
use hex_literal::hex;

/// An RSA key that is used for nothing else.
pub(in super::super) const RSA_N: [u8; 256] =
    hex!("bbc53ad9c1123e826ffc805c7a7f0bf46394d070185341322902e1ba53a97e85c3c84656c19e901337dff0d148080b77\
     0556d6438ac83b5b20d5dab5f378a3403bc6b0292abac32a40973a2267b47a376a84888c2f9eb1b5c918c8587a4941c6\
     305687d7f7e585aab9683b75106d00b39ae48ccbead62098cc03f85c3bd53d17e10d26886e80ecdbc8d07f1d5b86caa2\
     50628e92950243a957ee9537d4b2ad233859b894c0efd96be684b3e1be43b4490d798cdf4e343731794a117566fa0584\
     c4d09bf37d7e77452406948d8305cd407ee774e305ab5d8a60b3a0594cfe5f0a03c7005f96d9e8938af2ac694929fea2\
     e82fcd4a2d531074cc7465d68472252f");
pub(in super::super) const RSA_P: [u8; 128] =
    hex!("dd06b358818cd72966035ca201a2e278d34ad33ccb12ffe17c5727e280e00d152b308090072900baee9ee4bf4f3c2bb0\
     9aa327be85046dbc46791d25a81902a69d4e38da09f3b92fc4fe1d8964be4fd4fe2ce4106d9e22c46de2c5de32d70da3\
     f48842275637915b4151bd56ebdc728a3bcdfd7fa6a365f47ce1dbbb0400451b");
/// Its signatures of the SHA-256 digest of "abc".
pub(in super::super) const RSA_PKCS1: [u8; 256] =
    hex!("460906107cf57a982db6b0ce14c974d2dc24f1411a4e623a9f39e24e99312f6c79976871d8c71377ffc1eaf7ca2d265a\
     31b5a158e1e82998793657c05069036358787ad2761148b17af4870c910670a694bfa3b757b9a3a3c86dece2af23d0cf\
     3c5f95e3c41f0e8b30d9a49018f453282b22bb496e54b9d39bbaccb9e3a17559a1f0f0c58f590bbe6f3a6e02e516159c\
     e9e6a34fcdcdd2ef91e08d62e998b84dfeac1ed82fa856c24f9a465045285782a21ecf96728115a006857196190c73e4\
     695380bd3b0064f4bf534ce053dfa424d78db4e67f2b151a4fa0c1ac8f5c3178583e1a1141e9f435cd537ab7497abc69\
     2812da33c2ea9cf533b51f2a5236a9be");
pub(in super::super) const RSA_PSS: [u8; 256] =
    hex!("524a8b0c204c6d1d92ea575cbbefa2092fd202c97a61ba947d0dbcf731f4097e67970c067315b5830371b0090e7b41a9\
     0bfd448942d792301b7a4c4e30f4aa2c8a1bc626d634ef7b15002e198d71e564cc19017fcaa9b1e22da2db1c69e1a1d3\
     79c23637b0f971a81a365134cae6fcea02d111e7e4da17437b0e3bb9cca27b396e9b9f21195dc0c07365879de394d403\
     563283020343714b18f6be3ce9b25d1e99be4f50cc56dfadb85b5243963a4bef59f1e9cc0823c02fbfb06a1dd4b6cfc6\
     b4afe075e81b931d848399884ccc8fef9b06e41220b34c2e38cf56d58e3a0e19b7e1a23d3bb213afca77c4e7b1a526c2\
     d4dfae9e821de0d17e4cf84cae9894be");
/// "abc", encrypted to it with SHA-256 and the label "LABEL".
pub(in super::super) const RSA_OAEP: [u8; 256] =
    hex!("955ade5e8eef24da934a5f6535f05dd989931cd779a7a52e63032c3cc85b3fc3ca6923738b1223d0694af7deb235b86e\
     bbbc50d0cf218c249744fa6da6ae358a808f05af76f5e65f5466bfbd72d19647aa9f3e38a0a8cc3ac90df8cdf823c3bf\
     b49b7c9b7012e8ca7f34858a973e7d31fd1b15ea8bf75104a74a8b8961b10f5cd291a09b81906b2314875c6e94734c17\
     d026f29fd0e45c7ef5e1f8e56cbdee792f386b3ce6a797f674244f59228fc12c702dbdef214e8f38adaa16e789c1b230\
     9ba056d91bccb31878263461fe6b893792e2df7c1895adcd64aff2399bab7e4da0eceaff005b968b86d57d3b3ebc0915\
     9b286fb564b2da47d7eb389ca97db6f1");
/// RFC 6979, A.2.5: private key, public point, signature of "sample", and the x coordinate of private key
/// times public point.
pub(in super::super) const P256_D: [u8; 32] =
    hex!("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
pub(in super::super) const P256_X: [u8; 32] =
    hex!("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
pub(in super::super) const P256_Y: [u8; 32] =
    hex!("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
pub(in super::super) const P256_R: [u8; 32] =
    hex!("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
pub(in super::super) const P256_S: [u8; 32] =
    hex!("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
pub(in super::super) const P256_Z: [u8; 32] =
    hex!("2388ee990c93c4bb757203225b7786d69950d2f0de43cdf23dc71f5efaa169c8");
/// RFC 6979, A.2.6, likewise.
pub(in super::super) const P384_D: [u8; 48] =
    hex!("6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5");
pub(in super::super) const P384_X: [u8; 48] =
    hex!("ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13");
pub(in super::super) const P384_Y: [u8; 48] =
    hex!("8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720");
pub(in super::super) const P384_R: [u8; 48] =
    hex!("94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46");
pub(in super::super) const P384_S: [u8; 48] =
    hex!("99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8");
pub(in super::super) const P384_Z: [u8; 48] =
    hex!("905b8f97a03235c5cb1752a7984727c2e978287ee1afbaafa89e5ca1d4c601702c1c5f5ed8f12ec243da8281f12932a8");
/// RFC 6979, A.2.7, likewise.
pub(in super::super) const P521_D: [u8; 66] =
    hex!("00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc\
     1466f6d8fbec67db89ec0c08b0e996b83538");
pub(in super::super) const P521_X: [u8; 66] =
    hex!("01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633\
     155d38ffa16d2bd761dcac474b9a2f5023a4");
pub(in super::super) const P521_Y: [u8; 66] =
    hex!("00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f\
     924faafbd4d33f81ea66956dfeaa2bfdfcf5");
pub(in super::super) const P521_R: [u8; 66] =
    hex!("00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b53\
     4931d7d4e8455cc91f9b15bf05ec36e377fa");
pub(in super::super) const P521_S: [u8; 66] =
    hex!("00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff077\
     7b1a20f8ccb1dccc43997f1ee0e44da4a67a");
pub(in super::super) const P521_Z: [u8; 66] =
    hex!("01901b89b20bd70e5683bd9cf00422f38c75237eeb357d78eeb091eff0aba905f8121159aba8b5be730c4b65b93dc735\
     7c9f29de67e319c4adb1fc2fdd1bd8444063");
/// Keys of other curves, computed from their domain parameters.
pub(in super::super) const P192_D: [u8; 24] = hex!("a66a34679b4caf4c759c1f80aeda66aee9b2c9904946aaa2");
pub(in super::super) const P192_X: [u8; 24] = hex!("e6f26ac2c0920be8e61554e550041e0cd94ad829cc00dfc4");
pub(in super::super) const P192_Y: [u8; 24] = hex!("98dd7ffa2be6930527aedb0f241d14cb58f78ba360795b73");
pub(in super::super) const P224_D: [u8; 28] = hex!("9206d2a63becf98192a67f92310ee1c78646e6f1999df10a6ee5f547");
pub(in super::super) const P224_X: [u8; 28] = hex!("1996b0a9fc0b91a6c3cb017481f635e73004c1e8dd816b261386c3db");
pub(in super::super) const P224_Y: [u8; 28] = hex!("80dd86cfddf0d386d3bb4629b0f716b1154d4d7a29c07c6c26576cf1");
pub(in super::super) const BN_P256_D: [u8; 32] =
    hex!("4f1e4a67e6a514d4cd3040d3c8dc0ac67c8550b92bf8dc2e4100c36a68c6596e");
pub(in super::super) const BN_P256_X: [u8; 32] =
    hex!("b9883ad162e25db0768cd365152c98843ba137f3527bf6afffc4d61496667918");
pub(in super::super) const BN_P256_Y: [u8; 32] =
    hex!("b1c390894e010e0d3cce90a6a5649b2c3e878033d971204e4861dfae0f77a9ee");
pub(in super::super) const BN_P638_D: [u8; 80] =
    hex!("1fc9ec171e9182c518b7cc5f1cd01e49577e04796e5f290e5f19775191a27962a82babf3c0fee0cd388441a0b560b4d7\
     63c1ce837a043b16c65f2039fdcc96c56fad420674a88ad9de884d702bc83828");
pub(in super::super) const BN_P638_X: [u8; 80] =
    hex!("030842b1da42ea51ad68303da6fdcadf36b48368922abdb4cced8ae38fe5714fbb246bb0ccd31bfdd272cf961217f23e\
     7f3400d9ec0a8eb75651f8c22acdcaaa0728a7e8bcbe0179c99c65bf430417db");
pub(in super::super) const BN_P638_Y: [u8; 80] =
    hex!("0a0c1c4381c6b6b513b1974a2acf7fd35fe0d7c386277f2ea3c0ebaff9215dcd4737267d57be873ef470b9aa801748e5\
     5109ab3bb6c23b747187144427f671e67e967eb6e7c8624d26435b6ac859dd23");
pub(in super::super) const SM2_P256_D: [u8; 32] =
    hex!("20e297db4fb1a2ea860b981b17c7f97770b46b4045f8b929bfe57b76ef445be1");
pub(in super::super) const SM2_P256_X: [u8; 32] =
    hex!("9fe6b9020233dc37775c108aa7da1913d2aacfb9e16f1527cdc4278e5d5d799a");
pub(in super::super) const SM2_P256_Y: [u8; 32] =
    hex!("8c1db2dd39a72ba7edfa4d9431a5da6d61e2b9627e2c63f193ce5872a63beeb8");
/// A key of P-256 with which the schemes are tested; the numbers come from the provider's vectors, computed elsewhere.
pub(in super::super) const SCHEMES_DIGEST: [u8; 32] =
    hex!("d2e905bdb6b770c393a9f3d8815b1144d93efb4eef75492d246ba16d4a44827e");
pub(in super::super) const SCHEMES_D: [u8; 32] =
    hex!("02254bacaee0db758b68040db9cc146af251c030982e755459c213b0db897f01");
pub(in super::super) const SCHEMES_DE: [u8; 32] =
    hex!("bff8972250944445fc3be072bf861c5d9f274b80830a49cbbad9f25997a775ae");
pub(in super::super) const SCHEMES_X: [u8; 32] =
    hex!("846505835865c9387d3173d2fc9ccec21a499d9430f8667525a25a881247fca8");
pub(in super::super) const SCHEMES_Y: [u8; 32] =
    hex!("9f21052d2ae080d059a0a4a82ac7c6845bbd7caae9c2575a248eb6364613c42a");
pub(in super::super) const SCHEMES_QS_X: [u8; 32] =
    hex!("abeae925942ab4181182f31efd30a1a8148166433c3c79942890fc9ee7b84bb2");
pub(in super::super) const SCHEMES_QS_Y: [u8; 32] =
    hex!("6750aca71a407739b3869580e67bc0f12d93186e0ac5c915fb1b07e281beb504");
pub(in super::super) const SCHEMES_QE_X: [u8; 32] =
    hex!("480747dc71040bb7742f1c8aedcfba49407ce27dfb0afd032ad2f75db634481e");
pub(in super::super) const SCHEMES_QE_Y: [u8; 32] =
    hex!("c19c28e48a92d10f3fbb85dbafa60c33511e6b33bf7607c3d1d55bccfad587a1");
pub(in super::super) const SCHNORR_R: [u8; 32] =
    hex!("2f74354fae2ebc2fa2a520db25162f6726e45cbc97158c343e9167a809e7787d");
pub(in super::super) const SCHNORR_S: [u8; 32] =
    hex!("3fa0e7e19d9c09c1aff8932bf5904687214f737f068fb0ef21236add9d1a1f9e");
pub(in super::super) const SM2_R: [u8; 32] =
    hex!("bd5470198ee6b375a4a026e91b4dc4a4c7637071bda1de2884d6799531c315a5");
pub(in super::super) const SM2_S: [u8; 32] =
    hex!("caaa51639b50a34f2d3eddf3e3d59e1ee9f08ee59417722aa6c2861dd27c15da");
pub(in super::super) const MQV_X: [u8; 32] =
    hex!("4f59b49fe3d808e2d4bdce28468d12e030413dedb3b250108fe49875cf7fdec6");
pub(in super::super) const MQV_Y: [u8; 32] =
    hex!("cbf33da870a0d5e5a5d02e0123abac3b8f02b55bc5de058f6e5ed43a405cb03b");
