CREATE TABLE ab_test_results (
	id VARCHAR NOT NULL, 
	session_id VARCHAR NOT NULL, 
	variant_id VARCHAR NOT NULL, 
	task_id VARCHAR NOT NULL, 
	user_choice BOOLEAN NOT NULL, 
	task_success BOOLEAN, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_ab_test_results PRIMARY KEY (id), 
	CONSTRAINT fk_ab_test_results_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id), 
	CONSTRAINT fk_ab_test_results_variant_id_prompt_variants FOREIGN KEY(variant_id) REFERENCES prompt_variants (id)
);
INSERT INTO "ab_test_results" VALUES('9f1bd29cfb16f4fa125480347e1adf13','90627dbc9ebc59849e801d477e558991','41ec965cfc09a550da0d2c1efa81dee5','promoted-0',0,NULL,'2024-09-15 09:11:41.000000');
INSERT INTO "ab_test_results" VALUES('9b5ca55ff2f5ad83b1d7b6f266c2ecd1','90627dbc9ebc59849e801d477e558991','9017c02227603e6dbd3d9c4dc580de59','promoted-0',0,NULL,'2024-09-15 09:11:41.000000');
INSERT INTO "ab_test_results" VALUES('bc10bfcf47191ed9fef7b3226fbddd78','90627dbc9ebc59849e801d477e558991','2543b81abafaebf1a5a5b7ccbb38f7f3','promoted-0',1,NULL,'2024-09-15 09:11:41.000000');
INSERT INTO "ab_test_results" VALUES('51059c6d4e08461af2f8253bc2e0f38e','90627dbc9ebc59849e801d477e558991','9017c02227603e6dbd3d9c4dc580de59','promoted-1',0,NULL,'2024-09-15 09:11:47.000000');
INSERT INTO "ab_test_results" VALUES('ff7f79ed419be23fe732bbebb7ba6375','90627dbc9ebc59849e801d477e558991','41ec965cfc09a550da0d2c1efa81dee5','promoted-1',0,NULL,'2024-09-15 09:11:47.000000');
INSERT INTO "ab_test_results" VALUES('09fc7194d0606b292e4061d535871efb','90627dbc9ebc59849e801d477e558991','2543b81abafaebf1a5a5b7ccbb38f7f3','promoted-1',1,NULL,'2024-09-15 09:11:47.000000');
INSERT INTO "ab_test_results" VALUES('40d07771c11f9934f7b81d7b377aff68','90627dbc9ebc59849e801d477e558991','9017c02227603e6dbd3d9c4dc580de59','promoted-2',0,NULL,'2024-09-15 09:11:53.000000');
INSERT INTO "ab_test_results" VALUES('70deab14419cae81c96d36b43ea98289','90627dbc9ebc59849e801d477e558991','2543b81abafaebf1a5a5b7ccbb38f7f3','promoted-2',1,NULL,'2024-09-15 09:11:53.000000');
INSERT INTO "ab_test_results" VALUES('f4dc95d451629d17610255779edf9aa6','90627dbc9ebc59849e801d477e558991','41ec965cfc09a550da0d2c1efa81dee5','promoted-2',0,NULL,'2024-09-15 09:11:53.000000');
INSERT INTO "ab_test_results" VALUES('7215090a2e6a33b120030aca1ef9a26e','90627dbc9ebc59849e801d477e558991','9017c02227603e6dbd3d9c4dc580de59','promoted-3',0,NULL,'2024-09-15 09:11:59.000000');
INSERT INTO "ab_test_results" VALUES('835e9a193c0b932a223b5684cd36a859','90627dbc9ebc59849e801d477e558991','2543b81abafaebf1a5a5b7ccbb38f7f3','promoted-3',1,NULL,'2024-09-15 09:11:59.000000');
INSERT INTO "ab_test_results" VALUES('ae4dc44c2773a5eaf856b4d6f22c7405','90627dbc9ebc59849e801d477e558991','41ec965cfc09a550da0d2c1efa81dee5','promoted-3',0,NULL,'2024-09-15 09:11:59.000000');
INSERT INTO "ab_test_results" VALUES('3e3554218038d03fc9b84f131e314cfd','90627dbc9ebc59849e801d477e558991','41ec965cfc09a550da0d2c1efa81dee5','promoted-4',0,NULL,'2024-09-15 09:12:05.000000');
INSERT INTO "ab_test_results" VALUES('c1a70b49c58f573c961518fab9d0bdfa','90627dbc9ebc59849e801d477e558991','2543b81abafaebf1a5a5b7ccbb38f7f3','promoted-4',1,NULL,'2024-09-15 09:12:05.000000');
INSERT INTO "ab_test_results" VALUES('a2511c9db80398ba1d1320575c23a0b4','90627dbc9ebc59849e801d477e558991','9017c02227603e6dbd3d9c4dc580de59','promoted-4',0,NULL,'2024-09-15 09:12:05.000000');
INSERT INTO "ab_test_results" VALUES('b06d2596bc1ab7a116d43cfac3307ce1','90627dbc9ebc59849e801d477e558991','41ec965cfc09a550da0d2c1efa81dee5','promoted-5',0,NULL,'2024-09-15 09:12:11.000000');
INSERT INTO "ab_test_results" VALUES('79eff0039977efd15c31860dd5cb9d45','90627dbc9ebc59849e801d477e558991','9017c02227603e6dbd3d9c4dc580de59','promoted-5',0,NULL,'2024-09-15 09:12:11.000000');
INSERT INTO "ab_test_results" VALUES('ce2364d8540bf6d54fc466e294a8883d','90627dbc9ebc59849e801d477e558991','2543b81abafaebf1a5a5b7ccbb38f7f3','promoted-5',1,NULL,'2024-09-15 09:12:11.000000');
INSERT INTO "ab_test_results" VALUES('be480911a71bab1d2fc472d35520d352','1db53334fb0343a19576d4155ec17dbe','b7d6467b2f5a422ab87f43fdf6062541','picks-0',1,NULL,'2024-09-15 09:13:07.000000');
INSERT INTO "ab_test_results" VALUES('d32eb5db2c0067836bf6ada9f9b86968','1db53334fb0343a19576d4155ec17dbe','31d0b664058948779b0252440950fd13','picks-0',0,NULL,'2024-09-15 09:13:07.000000');
INSERT INTO "ab_test_results" VALUES('098ef1ffb2fefc4bad7b0c3b1998f3c7','1db53334fb0343a19576d4155ec17dbe','31d0b664058948779b0252440950fd13','picks-1',0,NULL,'2024-09-15 09:13:13.000000');
INSERT INTO "ab_test_results" VALUES('bd920d50cdadd56b2688cf57310058b1','1db53334fb0343a19576d4155ec17dbe','b7d6467b2f5a422ab87f43fdf6062541','picks-1',1,NULL,'2024-09-15 09:13:13.000000');
INSERT INTO "ab_test_results" VALUES('04513844c765094450a78bd9920598d4','1db53334fb0343a19576d4155ec17dbe','31d0b664058948779b0252440950fd13','picks-2',1,NULL,'2024-09-15 09:13:19.000000');
INSERT INTO "ab_test_results" VALUES('064437b213b5095a817300a8ec99eb55','1db53334fb0343a19576d4155ec17dbe','b7d6467b2f5a422ab87f43fdf6062541','picks-2',0,NULL,'2024-09-15 09:13:19.000000');
INSERT INTO "ab_test_results" VALUES('ca2d1d4b9bcdf6091e3d75488c7eee3c','1db53334fb0343a19576d4155ec17dbe','31d0b664058948779b0252440950fd13','picks-4',0,NULL,'2024-09-15 09:13:31.000000');
INSERT INTO "ab_test_results" VALUES('af06d80911628c3cd0ba37eed0363745','1db53334fb0343a19576d4155ec17dbe','b7d6467b2f5a422ab87f43fdf6062541','picks-4',1,NULL,'2024-09-15 09:13:31.000000');
INSERT INTO "ab_test_results" VALUES('b69e8e1516da4028122f1b47c487d0e2','0361524c2cc04859aa6524ab713b7e05','eae2025e82334e239ff3334b91b15f5d','review-0',1,NULL,'2024-09-15 09:15:01.000000');
INSERT INTO "ab_test_results" VALUES('fa12d5bebf7e4eddb49b98e910d59f3d','0361524c2cc04859aa6524ab713b7e05','e66cd36e68ef4f5fae68690a78bc7175','review-0',0,NULL,'2024-09-15 09:15:01.000000');
INSERT INTO "ab_test_results" VALUES('32218cf9223f4c22e0033fb6cebe9739','0361524c2cc04859aa6524ab713b7e05','eae2025e82334e239ff3334b91b15f5d','review-1',1,NULL,'2024-09-15 09:15:07.000000');
INSERT INTO "ab_test_results" VALUES('37e72d36f68d5ec7097619d998b16498','0361524c2cc04859aa6524ab713b7e05','e66cd36e68ef4f5fae68690a78bc7175','review-1',0,NULL,'2024-09-15 09:15:07.000000');
INSERT INTO "ab_test_results" VALUES('605763c5219d4c801ed61fd0e18fbceb','0361524c2cc04859aa6524ab713b7e05','eae2025e82334e239ff3334b91b15f5d','review-2',1,NULL,'2024-09-15 09:15:13.000000');
INSERT INTO "ab_test_results" VALUES('ce44349913397d3e49558ae56206d3d6','0361524c2cc04859aa6524ab713b7e05','e66cd36e68ef4f5fae68690a78bc7175','review-2',0,NULL,'2024-09-15 09:15:13.000000');
INSERT INTO "ab_test_results" VALUES('297f04e8ba2a51e9ea5baa2755867568','0361524c2cc04859aa6524ab713b7e05','eae2025e82334e239ff3334b91b15f5d','review-3',1,NULL,'2024-09-15 09:15:19.000000');
INSERT INTO "ab_test_results" VALUES('0569b11e086cdb6c7214bf8589af740d','0361524c2cc04859aa6524ab713b7e05','e66cd36e68ef4f5fae68690a78bc7175','review-3',0,NULL,'2024-09-15 09:15:19.000000');
INSERT INTO "ab_test_results" VALUES('31324e6249f889241a2f097687470f4d','0361524c2cc04859aa6524ab713b7e05','eae2025e82334e239ff3334b91b15f5d','review-4',1,NULL,'2024-09-15 09:15:25.000000');
INSERT INTO "ab_test_results" VALUES('7141f963da79b592f2e433d4926f00ca','0361524c2cc04859aa6524ab713b7e05','e66cd36e68ef4f5fae68690a78bc7175','review-4',0,NULL,'2024-09-15 09:15:25.000000');
INSERT INTO "ab_test_results" VALUES('efb88349232631ff0f21f3eb94809213','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-0',0,NULL,'2024-09-15 09:16:01.000000');
INSERT INTO "ab_test_results" VALUES('990711b6137beb1cf6ab2327bdeec9d9','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-0',1,NULL,'2024-09-15 09:16:01.000000');
INSERT INTO "ab_test_results" VALUES('82ce611dd857908b790f1cc8cef7b742','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-1',0,NULL,'2024-09-15 09:16:07.000000');
INSERT INTO "ab_test_results" VALUES('af1651a508d14f284843951375593043','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-1',1,NULL,'2024-09-15 09:16:07.000000');
INSERT INTO "ab_test_results" VALUES('52c5ec969a0f7022306292b89a1946ba','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-2',0,NULL,'2024-09-15 09:16:13.000000');
INSERT INTO "ab_test_results" VALUES('b797861273b7fc8551fda7c82b67be84','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-2',1,NULL,'2024-09-15 09:16:13.000000');
INSERT INTO "ab_test_results" VALUES('08d70710315ff177be0488e60b5347a1','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-3',1,NULL,'2024-09-15 09:16:19.000000');
INSERT INTO "ab_test_results" VALUES('8f1b082336634df08852fdc42c469c77','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-3',0,NULL,'2024-09-15 09:16:19.000000');
INSERT INTO "ab_test_results" VALUES('f5eada0512767d7788017b9ddcd5ed97','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-4',0,NULL,'2024-09-15 09:16:25.000000');
INSERT INTO "ab_test_results" VALUES('c0346a5710ecdfff8b1451365af6cdd6','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-4',1,NULL,'2024-09-15 09:16:25.000000');
INSERT INTO "ab_test_results" VALUES('8f063b738f56f54793e4ba1c889ab487','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-5',1,NULL,'2024-09-15 09:16:31.000000');
INSERT INTO "ab_test_results" VALUES('489a26ed6249819f1cd63dc8e10a0e62','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-5',0,NULL,'2024-09-15 09:16:31.000000');
INSERT INTO "ab_test_results" VALUES('335d828612049761a8c453c28e917c36','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-6',0,NULL,'2024-09-15 09:16:37.000000');
INSERT INTO "ab_test_results" VALUES('d5aa6081744450b246a20141263cba96','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-6',1,NULL,'2024-09-15 09:16:37.000000');
INSERT INTO "ab_test_results" VALUES('316e6dded66a2853beaf8d4952957fc4','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-7',1,NULL,'2024-09-15 09:16:43.000000');
INSERT INTO "ab_test_results" VALUES('6ded8092de15f5ee5f0a70d007c94ad5','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-7',0,NULL,'2024-09-15 09:16:43.000000');
INSERT INTO "ab_test_results" VALUES('1c612e160b685a307e57560204c928b1','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-8',1,NULL,'2024-09-15 09:16:49.000000');
INSERT INTO "ab_test_results" VALUES('97e85c7b9f68f88a94d60f5850d71866','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-8',0,NULL,'2024-09-15 09:16:49.000000');
INSERT INTO "ab_test_results" VALUES('850ffa0a62beb9334c31359cd89e1c29','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-9',0,NULL,'2024-09-15 09:16:55.000000');
INSERT INTO "ab_test_results" VALUES('3c37f04fae72e5adba9868af2008fd26','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-9',1,NULL,'2024-09-15 09:16:55.000000');
INSERT INTO "ab_test_results" VALUES('d10dbc9be7d763b440f43d6f3567dd8e','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-10',0,NULL,'2024-09-15 09:17:01.000000');
INSERT INTO "ab_test_results" VALUES('f6491fa9edb62fd8604b8554ee46579a','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-10',1,NULL,'2024-09-15 09:17:01.000000');
INSERT INTO "ab_test_results" VALUES('62a796b74d34c11805fcea0b11ae1cd2','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-11',0,NULL,'2024-09-15 09:17:07.000000');
INSERT INTO "ab_test_results" VALUES('894c1eae9b8bf20f4964be31f454a983','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-11',1,NULL,'2024-09-15 09:17:07.000000');
INSERT INTO "ab_test_results" VALUES('323468c28e1c90332c56ff4d1fe1220c','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-12',0,NULL,'2024-09-15 09:17:13.000000');
INSERT INTO "ab_test_results" VALUES('84199d0b03760d4e75d9bed7d1f1da9d','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-12',1,NULL,'2024-09-15 09:17:13.000000');
INSERT INTO "ab_test_results" VALUES('21e2cb7744e5869f276260642218e910','b3969057425c4200905ada6b720299e3','e28bc9ff870f484cb244f536285e25b4','pending-13',0,NULL,'2024-09-15 09:17:19.000000');
INSERT INTO "ab_test_results" VALUES('9434d68b2840c0fb3eba60e9cc6ffe37','b3969057425c4200905ada6b720299e3','9a9e43108fb84baba8754cd37cbd7025','pending-13',1,NULL,'2024-09-15 09:17:19.000000');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE assignments (
	id VARCHAR NOT NULL, 
	session_id VARCHAR NOT NULL, 
	task_id VARCHAR NOT NULL, 
	variant_id VARCHAR NOT NULL, 
	probability FLOAT NOT NULL, 
	probabilities JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_assignments PRIMARY KEY (id), 
	CONSTRAINT fk_assignments_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id), 
	CONSTRAINT fk_assignments_variant_id_prompt_variants FOREIGN KEY(variant_id) REFERENCES prompt_variants (id)
);
INSERT INTO "assignments" VALUES('af101f9230ca5871b1d0fd8568aeff03','90627dbc9ebc59849e801d477e558991','promoted-0','9017c02227603e6dbd3d9c4dc580de59',1.0,'{}','2024-09-15 09:11:39.000000');
INSERT INTO "assignments" VALUES('9c39793a80822097746c873ec68cac17','90627dbc9ebc59849e801d477e558991','promoted-1','9017c02227603e6dbd3d9c4dc580de59',1.0,'{}','2024-09-15 09:11:45.000000');
INSERT INTO "assignments" VALUES('3c9acd2d058f24d76d5add1275538ef4','90627dbc9ebc59849e801d477e558991','promoted-2','9017c02227603e6dbd3d9c4dc580de59',1.0,'{}','2024-09-15 09:11:51.000000');
INSERT INTO "assignments" VALUES('941cc0ebd1ebd2ba93101f1b6f7acbb3','90627dbc9ebc59849e801d477e558991','promoted-3','9017c02227603e6dbd3d9c4dc580de59',1.0,'{}','2024-09-15 09:11:57.000000');
INSERT INTO "assignments" VALUES('7886e1d16cf9d3e2a7374e42c5b83830','90627dbc9ebc59849e801d477e558991','promoted-4','9017c02227603e6dbd3d9c4dc580de59',1.0,'{}','2024-09-15 09:12:03.000000');
INSERT INTO "assignments" VALUES('a963d3cfd9fa68f36bd05a452177db37','90627dbc9ebc59849e801d477e558991','promoted-5','9017c02227603e6dbd3d9c4dc580de59',1.0,'{}','2024-09-15 09:12:09.000000');
INSERT INTO "assignments" VALUES('aa4267b2a9c1e3cf06cb17b2c5b94fef','1db53334fb0343a19576d4155ec17dbe','picks-0','31d0b664058948779b0252440950fd13',1.0,'{}','2024-09-15 09:13:05.000000');
INSERT INTO "assignments" VALUES('0026911a3b6e35b0aaf9112c91a88493','1db53334fb0343a19576d4155ec17dbe','picks-1','31d0b664058948779b0252440950fd13',1.0,'{}','2024-09-15 09:13:11.000000');
INSERT INTO "assignments" VALUES('965b312f1575fea78cfcfbc61813732a','1db53334fb0343a19576d4155ec17dbe','picks-2','31d0b664058948779b0252440950fd13',1.0,'{}','2024-09-15 09:13:17.000000');
INSERT INTO "assignments" VALUES('195d712e023ade955e4590012660e406','1db53334fb0343a19576d4155ec17dbe','picks-3','31d0b664058948779b0252440950fd13',1.0,'{}','2024-09-15 09:13:23.000000');
INSERT INTO "assignments" VALUES('fdfb7c3fcdf76958a2aa5851074f0cf9','1db53334fb0343a19576d4155ec17dbe','picks-4','31d0b664058948779b0252440950fd13',1.0,'{}','2024-09-15 09:13:29.000000');
INSERT INTO "assignments" VALUES('cce0a7df9a13e342a444c1b41db0bbd3','1db53334fb0343a19576d4155ec17dbe','picks-9','31d0b664058948779b0252440950fd13',1.0,'{}','2024-09-15 09:13:35.000000');
INSERT INTO "assignments" VALUES('bd956f1de7f830c76dc69f623a1baabe','ade9b2b4efdd45f88fa34266ccfdba9b','single-0','11ebcd49428a4c2295fdb76a19fbeb1d',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:13:44.000000');
INSERT INTO "assignments" VALUES('70a77a3d5492bebceb8d1f91447d8075','ade9b2b4efdd45f88fa34266ccfdba9b','single-1','9edfa3da6cf54b158b53031d05d51433',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:13:50.000000');
INSERT INTO "assignments" VALUES('16ce9ba1b052ff9d687898df91831844','ade9b2b4efdd45f88fa34266ccfdba9b','single-2','9edfa3da6cf54b158b53031d05d51433',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:13:58.000000');
INSERT INTO "assignments" VALUES('101910542bb5955be6793b68b936d67b','ade9b2b4efdd45f88fa34266ccfdba9b','single-3','9edfa3da6cf54b158b53031d05d51433',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:04.000000');
INSERT INTO "assignments" VALUES('e39069b0a927903739a4a46a251a90eb','ade9b2b4efdd45f88fa34266ccfdba9b','single-4','9edfa3da6cf54b158b53031d05d51433',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:10.000000');
INSERT INTO "assignments" VALUES('ea03fb6c41671610128faba109aa404e','ade9b2b4efdd45f88fa34266ccfdba9b','single-5','9edfa3da6cf54b158b53031d05d51433',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:16.000000');
INSERT INTO "assignments" VALUES('2e4bc033ec7b125644d30241807c3da0','ade9b2b4efdd45f88fa34266ccfdba9b','single-6','11ebcd49428a4c2295fdb76a19fbeb1d',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:21.000000');
INSERT INTO "assignments" VALUES('42205fa36c2570716bf2209110b9a3c5','ade9b2b4efdd45f88fa34266ccfdba9b','single-7','11ebcd49428a4c2295fdb76a19fbeb1d',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:27.000000');
INSERT INTO "assignments" VALUES('298c6caf0364437542f32dee20ede4e1','ade9b2b4efdd45f88fa34266ccfdba9b','single-8','9edfa3da6cf54b158b53031d05d51433',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:32.000000');
INSERT INTO "assignments" VALUES('b6d34a96d08cd19f6eed74d9a2acadeb','ade9b2b4efdd45f88fa34266ccfdba9b','single-9','11ebcd49428a4c2295fdb76a19fbeb1d',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:38.000000');
INSERT INTO "assignments" VALUES('ff4d14d23470fa584d36a7fe551a1b28','ade9b2b4efdd45f88fa34266ccfdba9b','single-10','9edfa3da6cf54b158b53031d05d51433',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:45.000000');
INSERT INTO "assignments" VALUES('f68953fa60587d49a566382050388503','ade9b2b4efdd45f88fa34266ccfdba9b','single-11','9edfa3da6cf54b158b53031d05d51433',0.5,'{"9edfa3da6cf54b158b53031d05d51433": 0.5, "11ebcd49428a4c2295fdb76a19fbeb1d": 0.5}','2024-09-15 09:14:48.000000');
INSERT INTO "assignments" VALUES('500545d78a5cf434f525750cb3d5faea','0361524c2cc04859aa6524ab713b7e05','review-0','eae2025e82334e239ff3334b91b15f5d',0.5,'{}','2024-09-15 09:14:59.000000');
INSERT INTO "assignments" VALUES('4ee1ce66d811152d2ccd512a18d71f03','0361524c2cc04859aa6524ab713b7e05','review-1','eae2025e82334e239ff3334b91b15f5d',6.66666666666666740681e-01,'{}','2024-09-15 09:15:05.000000');
INSERT INTO "assignments" VALUES('3f785e1b73b97bc0435459b009bc23f6','0361524c2cc04859aa6524ab713b7e05','review-2','eae2025e82334e239ff3334b91b15f5d',0.75,'{}','2024-09-15 09:15:11.000000');
INSERT INTO "assignments" VALUES('3d984c5e8235388fcaa15fca18e7d9f9','0361524c2cc04859aa6524ab713b7e05','review-3','eae2025e82334e239ff3334b91b15f5d',0.8,'{}','2024-09-15 09:15:17.000000');
INSERT INTO "assignments" VALUES('172891d021c7a862f79dbe624ea5821a','0361524c2cc04859aa6524ab713b7e05','review-4','eae2025e82334e239ff3334b91b15f5d',8.33333333333333259318e-01,'{}','2024-09-15 09:15:23.000000');
INSERT INTO "assignments" VALUES('57f2f15582dddda160e85f628841f1f5','b3969057425c4200905ada6b720299e3','pending-0','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:15:59.000000');
INSERT INTO "assignments" VALUES('8de54cb033e7d920f04d23872666c753','b3969057425c4200905ada6b720299e3','pending-1','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:05.000000');
INSERT INTO "assignments" VALUES('36f41e01f236260efabca42f3b886f71','b3969057425c4200905ada6b720299e3','pending-2','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:11.000000');
INSERT INTO "assignments" VALUES('9c3bf40aadc252ea195a13376c637cca','b3969057425c4200905ada6b720299e3','pending-3','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:17.000000');
INSERT INTO "assignments" VALUES('ba32d6976af75fb20c883bce8a1e9147','b3969057425c4200905ada6b720299e3','pending-4','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:23.000000');
INSERT INTO "assignments" VALUES('9b7d8aa5c027001d301ff5fd0fd51c33','b3969057425c4200905ada6b720299e3','pending-5','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:29.000000');
INSERT INTO "assignments" VALUES('33eaba4151e739ba33fd8911e0fdc788','b3969057425c4200905ada6b720299e3','pending-6','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:35.000000');
INSERT INTO "assignments" VALUES('f31aa1c32b8cf8fd7635327a6cfe39fe','b3969057425c4200905ada6b720299e3','pending-7','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:41.000000');
INSERT INTO "assignments" VALUES('30073d76490b79c6846ebeba563de4bd','b3969057425c4200905ada6b720299e3','pending-8','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:47.000000');
INSERT INTO "assignments" VALUES('d02e98ac8207c382739ba6d024c4b42a','b3969057425c4200905ada6b720299e3','pending-9','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:53.000000');
INSERT INTO "assignments" VALUES('667280f744667d20625435aba88a9030','b3969057425c4200905ada6b720299e3','pending-10','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:16:59.000000');
INSERT INTO "assignments" VALUES('171f64b8e52dcf466fef2c6ad64d7b20','b3969057425c4200905ada6b720299e3','pending-11','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:17:05.000000');
INSERT INTO "assignments" VALUES('b9e584f63b93928e4ab737862edf4b6d','b3969057425c4200905ada6b720299e3','pending-12','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:17:11.000000');
INSERT INTO "assignments" VALUES('fcf1e76f3306a6aa445eec60c66b0281','b3969057425c4200905ada6b720299e3','pending-13','e28bc9ff870f484cb244f536285e25b4',1.0,'{}','2024-09-15 09:17:17.000000');
CREATE TABLE ballot_options (
	ballot_id VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	variant_id VARCHAR NOT NULL, 
	output VARCHAR, 
	CONSTRAINT pk_ballot_options PRIMARY KEY (ballot_id, position), 
	CONSTRAINT fk_ballot_options_ballot_id_ballots FOREIGN KEY(ballot_id) REFERENCES ballots (id), 
	CONSTRAINT fk_ballot_options_variant_id_prompt_variants FOREIGN KEY(variant_id) REFERENCES prompt_variants (id)
);
INSERT INTO "ballot_options" VALUES('32232e6240ba71b512eac6f903c84507',0,'41ec965cfc09a550da0d2c1efa81dee5','good');
INSERT INTO "ballot_options" VALUES('32232e6240ba71b512eac6f903c84507',1,'9017c02227603e6dbd3d9c4dc580de59','good');
INSERT INTO "ballot_options" VALUES('32232e6240ba71b512eac6f903c84507',2,'2543b81abafaebf1a5a5b7ccbb38f7f3','good');
INSERT INTO "ballot_options" VALUES('b2e882b3463ea2cbf9c59ce6efdd263f',0,'9017c02227603e6dbd3d9c4dc580de59','bad');
INSERT INTO "ballot_options" VALUES('b2e882b3463ea2cbf9c59ce6efdd263f',1,'41ec965cfc09a550da0d2c1efa81dee5','bad');
INSERT INTO "ballot_options" VALUES('b2e882b3463ea2cbf9c59ce6efdd263f',2,'2543b81abafaebf1a5a5b7ccbb38f7f3','bad');
INSERT INTO "ballot_options" VALUES('e2ace33de4a45b44f19a5e6d891308ce',0,'9017c02227603e6dbd3d9c4dc580de59','good');
INSERT INTO "ballot_options" VALUES('e2ace33de4a45b44f19a5e6d891308ce',1,'2543b81abafaebf1a5a5b7ccbb38f7f3','good');
INSERT INTO "ballot_options" VALUES('e2ace33de4a45b44f19a5e6d891308ce',2,'41ec965cfc09a550da0d2c1efa81dee5','good');
INSERT INTO "ballot_options" VALUES('60faa35e8c58a9f5427927625778f438',0,'9017c02227603e6dbd3d9c4dc580de59','bad');
INSERT INTO "ballot_options" VALUES('60faa35e8c58a9f5427927625778f438',1,'2543b81abafaebf1a5a5b7ccbb38f7f3','bad');
INSERT INTO "ballot_options" VALUES('60faa35e8c58a9f5427927625778f438',2,'41ec965cfc09a550da0d2c1efa81dee5','bad');
INSERT INTO "ballot_options" VALUES('3eb1ae4eef3a5d66031bd07bdcb4b8cf',0,'41ec965cfc09a550da0d2c1efa81dee5','good');
INSERT INTO "ballot_options" VALUES('3eb1ae4eef3a5d66031bd07bdcb4b8cf',1,'2543b81abafaebf1a5a5b7ccbb38f7f3','good');
INSERT INTO "ballot_options" VALUES('3eb1ae4eef3a5d66031bd07bdcb4b8cf',2,'9017c02227603e6dbd3d9c4dc580de59','good');
INSERT INTO "ballot_options" VALUES('583b16ddc0da4d58d0ed3e48a8909af0',0,'41ec965cfc09a550da0d2c1efa81dee5','bad');
INSERT INTO "ballot_options" VALUES('583b16ddc0da4d58d0ed3e48a8909af0',1,'9017c02227603e6dbd3d9c4dc580de59','good');
INSERT INTO "ballot_options" VALUES('583b16ddc0da4d58d0ed3e48a8909af0',2,'2543b81abafaebf1a5a5b7ccbb38f7f3','bad');
INSERT INTO "ballot_options" VALUES('07791910c789be1383f317bcce3c2baa',0,'b7d6467b2f5a422ab87f43fdf6062541','good');
INSERT INTO "ballot_options" VALUES('07791910c789be1383f317bcce3c2baa',1,'31d0b664058948779b0252440950fd13','good');
INSERT INTO "ballot_options" VALUES('dc1fd5f5f9a4d0c844fde438d14fda72',0,'31d0b664058948779b0252440950fd13','bad');
INSERT INTO "ballot_options" VALUES('dc1fd5f5f9a4d0c844fde438d14fda72',1,'b7d6467b2f5a422ab87f43fdf6062541','bad');
INSERT INTO "ballot_options" VALUES('ec506553979a3b3a1240dee2c6a5550c',0,'31d0b664058948779b0252440950fd13','good');
INSERT INTO "ballot_options" VALUES('ec506553979a3b3a1240dee2c6a5550c',1,'b7d6467b2f5a422ab87f43fdf6062541','good');
INSERT INTO "ballot_options" VALUES('e5b05a0aa31a759ea4aa3cc8eeb889a1',0,'b7d6467b2f5a422ab87f43fdf6062541','bad');
INSERT INTO "ballot_options" VALUES('e5b05a0aa31a759ea4aa3cc8eeb889a1',1,'31d0b664058948779b0252440950fd13','bad');
INSERT INTO "ballot_options" VALUES('eeacfae51235a8b0dcba4650d964f04a',0,'31d0b664058948779b0252440950fd13','good');
INSERT INTO "ballot_options" VALUES('eeacfae51235a8b0dcba4650d964f04a',1,'b7d6467b2f5a422ab87f43fdf6062541','good');
INSERT INTO "ballot_options" VALUES('92bdecd507390273252033df172c0993',0,'31d0b664058948779b0252440950fd13','good');
INSERT INTO "ballot_options" VALUES('92bdecd507390273252033df172c0993',1,'b7d6467b2f5a422ab87f43fdf6062541','good');
INSERT INTO "ballot_options" VALUES('28f3955a7978c68df922869049771b91',0,'eae2025e82334e239ff3334b91b15f5d','good');
INSERT INTO "ballot_options" VALUES('28f3955a7978c68df922869049771b91',1,'e66cd36e68ef4f5fae68690a78bc7175','good');
INSERT INTO "ballot_options" VALUES('26e47ff99234c60c73d868b2a7d22b22',0,'eae2025e82334e239ff3334b91b15f5d','bad');
INSERT INTO "ballot_options" VALUES('26e47ff99234c60c73d868b2a7d22b22',1,'e66cd36e68ef4f5fae68690a78bc7175','bad');
INSERT INTO "ballot_options" VALUES('38a931016dc213efb6cafd63b68a3140',0,'eae2025e82334e239ff3334b91b15f5d','good');
INSERT INTO "ballot_options" VALUES('38a931016dc213efb6cafd63b68a3140',1,'e66cd36e68ef4f5fae68690a78bc7175','good');
INSERT INTO "ballot_options" VALUES('b52c8949b127df28c9de8b1670290251',0,'eae2025e82334e239ff3334b91b15f5d','bad');
INSERT INTO "ballot_options" VALUES('b52c8949b127df28c9de8b1670290251',1,'e66cd36e68ef4f5fae68690a78bc7175','bad');
INSERT INTO "ballot_options" VALUES('2544dd54826fce1f921e1d0022af1ba8',0,'eae2025e82334e239ff3334b91b15f5d','good');
INSERT INTO "ballot_options" VALUES('2544dd54826fce1f921e1d0022af1ba8',1,'e66cd36e68ef4f5fae68690a78bc7175','good');
INSERT INTO "ballot_options" VALUES('ce6f05e634c12ae5d0dadccd7398553c',0,'e28bc9ff870f484cb244f536285e25b4','good');
INSERT INTO "ballot_options" VALUES('ce6f05e634c12ae5d0dadccd7398553c',1,'9a9e43108fb84baba8754cd37cbd7025','good');
INSERT INTO "ballot_options" VALUES('405af2fd7edb922651e8b7415003da88',0,'e28bc9ff870f484cb244f536285e25b4','bad');
INSERT INTO "ballot_options" VALUES('405af2fd7edb922651e8b7415003da88',1,'9a9e43108fb84baba8754cd37cbd7025','bad');
INSERT INTO "ballot_options" VALUES('5dc63dcd1fb18e48d0c1c6c25f5e43ba',0,'e28bc9ff870f484cb244f536285e25b4','good');
INSERT INTO "ballot_options" VALUES('5dc63dcd1fb18e48d0c1c6c25f5e43ba',1,'9a9e43108fb84baba8754cd37cbd7025','good');
INSERT INTO "ballot_options" VALUES('f880dc8ab88d734420dd12b9e9f58012',0,'9a9e43108fb84baba8754cd37cbd7025','bad');
INSERT INTO "ballot_options" VALUES('f880dc8ab88d734420dd12b9e9f58012',1,'e28bc9ff870f484cb244f536285e25b4','bad');
INSERT INTO "ballot_options" VALUES('76bdfe8577390a1aef36484c057759ab',0,'e28bc9ff870f484cb244f536285e25b4','good');
INSERT INTO "ballot_options" VALUES('76bdfe8577390a1aef36484c057759ab',1,'9a9e43108fb84baba8754cd37cbd7025','good');
INSERT INTO "ballot_options" VALUES('ea888ba527d86bd039439be797b3aef1',0,'9a9e43108fb84baba8754cd37cbd7025','good');
INSERT INTO "ballot_options" VALUES('ea888ba527d86bd039439be797b3aef1',1,'e28bc9ff870f484cb244f536285e25b4','good');
INSERT INTO "ballot_options" VALUES('aa7112a160ae2f922dc558af5d7c04f6',0,'e28bc9ff870f484cb244f536285e25b4','bad');
INSERT INTO "ballot_options" VALUES('aa7112a160ae2f922dc558af5d7c04f6',1,'9a9e43108fb84baba8754cd37cbd7025','bad');
INSERT INTO "ballot_options" VALUES('0baf9fd97a12dd7111872278b6b06513',0,'9a9e43108fb84baba8754cd37cbd7025','good');
INSERT INTO "ballot_options" VALUES('0baf9fd97a12dd7111872278b6b06513',1,'e28bc9ff870f484cb244f536285e25b4','good');
INSERT INTO "ballot_options" VALUES('c8c04e55cf8b87336c27db336281f0d3',0,'9a9e43108fb84baba8754cd37cbd7025','bad');
INSERT INTO "ballot_options" VALUES('c8c04e55cf8b87336c27db336281f0d3',1,'e28bc9ff870f484cb244f536285e25b4','bad');
INSERT INTO "ballot_options" VALUES('4e59e8575423efcab192bc2b9d9c23c8',0,'e28bc9ff870f484cb244f536285e25b4','good');
INSERT INTO "ballot_options" VALUES('4e59e8575423efcab192bc2b9d9c23c8',1,'9a9e43108fb84baba8754cd37cbd7025','good');
INSERT INTO "ballot_options" VALUES('8404d8f64004a4a11e00cf62b809ea73',0,'e28bc9ff870f484cb244f536285e25b4','good');
INSERT INTO "ballot_options" VALUES('8404d8f64004a4a11e00cf62b809ea73',1,'9a9e43108fb84baba8754cd37cbd7025','good');
INSERT INTO "ballot_options" VALUES('455d204f543d915bf6c4d8cb867acd90',0,'e28bc9ff870f484cb244f536285e25b4','bad');
INSERT INTO "ballot_options" VALUES('455d204f543d915bf6c4d8cb867acd90',1,'9a9e43108fb84baba8754cd37cbd7025','bad');
INSERT INTO "ballot_options" VALUES('ca561741535710f3e08727cebaaa7fbf',0,'e28bc9ff870f484cb244f536285e25b4','good');
INSERT INTO "ballot_options" VALUES('ca561741535710f3e08727cebaaa7fbf',1,'9a9e43108fb84baba8754cd37cbd7025','good');
INSERT INTO "ballot_options" VALUES('b7ad3f7e5db89619f195e0b93a9c43cc',0,'e28bc9ff870f484cb244f536285e25b4','bad');
INSERT INTO "ballot_options" VALUES('b7ad3f7e5db89619f195e0b93a9c43cc',1,'9a9e43108fb84baba8754cd37cbd7025','bad');
CREATE TABLE ballots (
	id VARCHAR NOT NULL, 
	session_id VARCHAR NOT NULL, 
	skill VARCHAR NOT NULL, 
	task_id VARCHAR NOT NULL, 
	rule VARCHAR NOT NULL, 
	probability FLOAT, 
	user VARCHAR, 
	inputs JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_ballots PRIMARY KEY (id), 
	CONSTRAINT fk_ballots_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id)
);
INSERT INTO "ballots" VALUES('32232e6240ba71b512eac6f903c84507','90627dbc9ebc59849e801d477e558991','promoted','promoted-0','two_gate',1.0,NULL,'{"text": "comment 0"}','2024-09-15 09:11:39.000000');
INSERT INTO "ballots" VALUES('b2e882b3463ea2cbf9c59ce6efdd263f','90627dbc9ebc59849e801d477e558991','promoted','promoted-1','two_gate',1.0,NULL,'{"text": "comment 1"}','2024-09-15 09:11:45.000000');
INSERT INTO "ballots" VALUES('e2ace33de4a45b44f19a5e6d891308ce','90627dbc9ebc59849e801d477e558991','promoted','promoted-2','two_gate',1.0,NULL,'{"text": "comment 2"}','2024-09-15 09:11:51.000000');
INSERT INTO "ballots" VALUES('60faa35e8c58a9f5427927625778f438','90627dbc9ebc59849e801d477e558991','promoted','promoted-3','two_gate',1.0,NULL,'{"text": "comment 3"}','2024-09-15 09:11:57.000000');
INSERT INTO "ballots" VALUES('3eb1ae4eef3a5d66031bd07bdcb4b8cf','90627dbc9ebc59849e801d477e558991','promoted','promoted-4','two_gate',1.0,NULL,'{"text": "comment 4"}','2024-09-15 09:12:03.000000');
INSERT INTO "ballots" VALUES('583b16ddc0da4d58d0ed3e48a8909af0','90627dbc9ebc59849e801d477e558991','promoted','promoted-5','two_gate',1.0,NULL,'{"text": "comment 5"}','2024-09-15 09:12:09.000000');
INSERT INTO "ballots" VALUES('07791910c789be1383f317bcce3c2baa','1db53334fb0343a19576d4155ec17dbe','picks','picks-0','taste_only',1.0,NULL,'{"text": "comment 0"}','2024-09-15 09:13:05.000000');
INSERT INTO "ballots" VALUES('dc1fd5f5f9a4d0c844fde438d14fda72','1db53334fb0343a19576d4155ec17dbe','picks','picks-1','taste_only',1.0,NULL,'{"text": "comment 1"}','2024-09-15 09:13:11.000000');
INSERT INTO "ballots" VALUES('ec506553979a3b3a1240dee2c6a5550c','1db53334fb0343a19576d4155ec17dbe','picks','picks-2','taste_only',1.0,NULL,'{"text": "comment 2"}','2024-09-15 09:13:17.000000');
INSERT INTO "ballots" VALUES('e5b05a0aa31a759ea4aa3cc8eeb889a1','1db53334fb0343a19576d4155ec17dbe','picks','picks-3','taste_only',1.0,NULL,'{"text": "comment 3"}','2024-09-15 09:13:23.000000');
INSERT INTO "ballots" VALUES('eeacfae51235a8b0dcba4650d964f04a','1db53334fb0343a19576d4155ec17dbe','picks','picks-4','taste_only',1.0,NULL,'{"text": "comment 4"}','2024-09-15 09:13:29.000000');
INSERT INTO "ballots" VALUES('92bdecd507390273252033df172c0993','1db53334fb0343a19576d4155ec17dbe','picks','picks-9','taste_only',1.0,'ann','{"text": "comment 9"}','2024-09-15 09:13:35.000000');
INSERT INTO "ballots" VALUES('28f3955a7978c68df922869049771b91','0361524c2cc04859aa6524ab713b7e05','review','review-0','thompson',0.5,NULL,'{"text": "comment 0"}','2024-09-15 09:14:59.000000');
INSERT INTO "ballots" VALUES('26e47ff99234c60c73d868b2a7d22b22','0361524c2cc04859aa6524ab713b7e05','review','review-1','thompson',6.66666666666666740681e-01,NULL,'{"text": "comment 1"}','2024-09-15 09:15:05.000000');
INSERT INTO "ballots" VALUES('38a931016dc213efb6cafd63b68a3140','0361524c2cc04859aa6524ab713b7e05','review','review-2','thompson',0.75,NULL,'{"text": "comment 2"}','2024-09-15 09:15:11.000000');
INSERT INTO "ballots" VALUES('b52c8949b127df28c9de8b1670290251','0361524c2cc04859aa6524ab713b7e05','review','review-3','thompson',0.8,NULL,'{"text": "comment 3"}','2024-09-15 09:15:17.000000');
INSERT INTO "ballots" VALUES('2544dd54826fce1f921e1d0022af1ba8','0361524c2cc04859aa6524ab713b7e05','review','review-4','thompson',8.33333333333333259318e-01,NULL,'{"text": "comment 4"}','2024-09-15 09:15:23.000000');
INSERT INTO "ballots" VALUES('ce6f05e634c12ae5d0dadccd7398553c','b3969057425c4200905ada6b720299e3','pending','pending-0','taste_only',1.0,NULL,'{"text": "comment 0"}','2024-09-15 09:15:59.000000');
INSERT INTO "ballots" VALUES('405af2fd7edb922651e8b7415003da88','b3969057425c4200905ada6b720299e3','pending','pending-1','taste_only',1.0,NULL,'{"text": "comment 1"}','2024-09-15 09:16:05.000000');
INSERT INTO "ballots" VALUES('5dc63dcd1fb18e48d0c1c6c25f5e43ba','b3969057425c4200905ada6b720299e3','pending','pending-2','taste_only',1.0,NULL,'{"text": "comment 2"}','2024-09-15 09:16:11.000000');
INSERT INTO "ballots" VALUES('f880dc8ab88d734420dd12b9e9f58012','b3969057425c4200905ada6b720299e3','pending','pending-3','taste_only',1.0,NULL,'{"text": "comment 3"}','2024-09-15 09:16:17.000000');
INSERT INTO "ballots" VALUES('76bdfe8577390a1aef36484c057759ab','b3969057425c4200905ada6b720299e3','pending','pending-4','taste_only',1.0,NULL,'{"text": "comment 4"}','2024-09-15 09:16:23.000000');
INSERT INTO "ballots" VALUES('ea888ba527d86bd039439be797b3aef1','b3969057425c4200905ada6b720299e3','pending','pending-5','taste_only',1.0,NULL,'{"text": "comment 5"}','2024-09-15 09:16:29.000000');
INSERT INTO "ballots" VALUES('aa7112a160ae2f922dc558af5d7c04f6','b3969057425c4200905ada6b720299e3','pending','pending-6','taste_only',1.0,NULL,'{"text": "comment 6"}','2024-09-15 09:16:35.000000');
INSERT INTO "ballots" VALUES('0baf9fd97a12dd7111872278b6b06513','b3969057425c4200905ada6b720299e3','pending','pending-7','taste_only',1.0,NULL,'{"text": "comment 7"}','2024-09-15 09:16:41.000000');
INSERT INTO "ballots" VALUES('c8c04e55cf8b87336c27db336281f0d3','b3969057425c4200905ada6b720299e3','pending','pending-8','taste_only',1.0,NULL,'{"text": "comment 8"}','2024-09-15 09:16:47.000000');
INSERT INTO "ballots" VALUES('4e59e8575423efcab192bc2b9d9c23c8','b3969057425c4200905ada6b720299e3','pending','pending-9','taste_only',1.0,NULL,'{"text": "comment 9"}','2024-09-15 09:16:53.000000');
INSERT INTO "ballots" VALUES('8404d8f64004a4a11e00cf62b809ea73','b3969057425c4200905ada6b720299e3','pending','pending-10','taste_only',1.0,NULL,'{"text": "comment 10"}','2024-09-15 09:16:59.000000');
INSERT INTO "ballots" VALUES('455d204f543d915bf6c4d8cb867acd90','b3969057425c4200905ada6b720299e3','pending','pending-11','taste_only',1.0,NULL,'{"text": "comment 11"}','2024-09-15 09:17:05.000000');
INSERT INTO "ballots" VALUES('ca561741535710f3e08727cebaaa7fbf','b3969057425c4200905ada6b720299e3','pending','pending-12','taste_only',1.0,NULL,'{"text": "comment 12"}','2024-09-15 09:17:11.000000');
INSERT INTO "ballots" VALUES('b7ad3f7e5db89619f195e0b93a9c43cc','b3969057425c4200905ada6b720299e3','pending','pending-13','taste_only',1.0,NULL,'{"text": "comment 13"}','2024-09-15 09:17:17.000000');
CREATE TABLE call_counts (
	session_id VARCHAR NOT NULL, 
	task_calls INTEGER NOT NULL, 
	test_calls INTEGER NOT NULL, 
	writer_calls INTEGER NOT NULL, 
	judge_calls INTEGER NOT NULL, 
	cache_hits INTEGER NOT NULL, 
	prompt_tokens INTEGER NOT NULL, 
	completion_tokens INTEGER NOT NULL, 
	seconds FLOAT NOT NULL, 
	CONSTRAINT pk_call_counts PRIMARY KEY (session_id), 
	CONSTRAINT fk_call_counts_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id)
);
INSERT INTO "call_counts" VALUES('90627dbc9ebc59849e801d477e558991',176,300,1,0,14,9640,488,1.9129999999999998117e+00);
CREATE TABLE daemon_events (
	sequence INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	skill VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	said VARCHAR NOT NULL, 
	data JSON NOT NULL, 
	at DATETIME NOT NULL, 
	told_at DATETIME, 
	CONSTRAINT pk_daemon_events PRIMARY KEY (sequence), 
	CONSTRAINT uq_daemon_events_id UNIQUE (id)
);
CREATE TABLE evaluations (
	session_id VARCHAR NOT NULL, 
	ordinal INTEGER NOT NULL, 
	"key" VARCHAR NOT NULL, 
	purpose VARCHAR NOT NULL, 
	prompt_hash VARCHAR NOT NULL, 
	example_id VARCHAR NOT NULL, 
	reply JSON NOT NULL, 
	output VARCHAR, 
	violation VARCHAR, 
	score FLOAT NOT NULL, 
	cached BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_evaluations PRIMARY KEY (session_id, ordinal), 
	CONSTRAINT fk_evaluations_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id)
);
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',0,'f79153683caaf2ab43e7a90ecf685b48cd2e23aec72c2f8a7167604b2b38cbf6','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e114','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,1.0,0,'2024-09-15 09:02:21.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',1,'e68a177442885a7749d2ad8241ececb36e8eb5e219c67fb68e883a5b34496351','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e109','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,0.0,0,'2024-09-15 09:02:22.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',2,'cd34ae39fa715a1fc7cdc1ab7e79a78ce78708de8a4d8287be61481e05ccfffd','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e106','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,0,'2024-09-15 09:02:23.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',3,'d5826dc17cac8c467b65fe46f9a9c9fc6748ee2ccc3684609019af2181be9dd4','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e111','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:02:24.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',4,'c3119c262eacb4afc8f2c8f48e15c1c8bb749c0ea5c586f4296fd581cce5d482','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e108','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,0,'2024-09-15 09:02:25.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',5,'82dedf5d4955b2758be03edc030d59a1ce192f67b10350e71ef76f91bb831ce4','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e105','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,0.0,0,'2024-09-15 09:02:26.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',6,'ea5f59c8564117f2bdf8a8a59c479f64f2d7299ba9ffafb5c3c72822794befc9','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e113','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:02:27.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',7,'3362fd88d30ec52e97b20195456a03d7a33a1993a95a27c842d8c6cf97018002','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e118','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,0,'2024-09-15 09:02:28.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',8,'81c5623a464ee1db751252ac31f004218f3880f43d00047445e7e91c95bfcdf4','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e119','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,0.0,0,'2024-09-15 09:02:29.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',9,'f79153683caaf2ab43e7a90ecf685b48cd2e23aec72c2f8a7167604b2b38cbf6','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e114','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,1.0,1,'2024-09-15 09:02:34.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',10,'e68a177442885a7749d2ad8241ececb36e8eb5e219c67fb68e883a5b34496351','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e109','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,0.0,1,'2024-09-15 09:02:35.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',11,'cd34ae39fa715a1fc7cdc1ab7e79a78ce78708de8a4d8287be61481e05ccfffd','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e106','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,1,'2024-09-15 09:02:36.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',12,'d5826dc17cac8c467b65fe46f9a9c9fc6748ee2ccc3684609019af2181be9dd4','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e111','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,1,'2024-09-15 09:02:37.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',13,'c3119c262eacb4afc8f2c8f48e15c1c8bb749c0ea5c586f4296fd581cce5d482','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e108','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,1,'2024-09-15 09:02:38.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',14,'82dedf5d4955b2758be03edc030d59a1ce192f67b10350e71ef76f91bb831ce4','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e105','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,0.0,1,'2024-09-15 09:02:39.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',15,'ea5f59c8564117f2bdf8a8a59c479f64f2d7299ba9ffafb5c3c72822794befc9','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e113','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,1,'2024-09-15 09:02:40.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',16,'3362fd88d30ec52e97b20195456a03d7a33a1993a95a27c842d8c6cf97018002','search','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','e118','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,1,'2024-09-15 09:02:41.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',17,'2016d1461b35de86de3836b729a0f9bd1c6d9a02a9a3cf97a8905af45fbb54f5','search','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965','e114','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,1.0,0,'2024-09-15 09:02:42.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',18,'156d1f390b23f657b6d0a7e3f5a76032ba27d335dfa2bcb8a4884ae9430bd4ee','search','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965','e109','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,0.0,0,'2024-09-15 09:02:43.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',19,'bf6af6ec8769f628c9af1f8c09ae06d8cbca31ffaf5bf6328980a00b8b235794','search','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965','e106','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,0,'2024-09-15 09:02:44.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',20,'651fb9998bece6a5dac96e5e6868c1e55485fd27d1d8591e0f18b5281911706d','search','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965','e111','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:02:45.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',21,'5b3237ad04b90f0b78f472245822e6090d67fa42de699e43f77fa700ff758215','search','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965','e108','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,0,'2024-09-15 09:02:46.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',22,'87af8ec1a274635176f310d1ae9ac01fa274a9b402e5277a3b6a7fb73a6c3d15','search','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965','e105','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:02:47.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',23,'a0dde6204a9bb9f7f76b13f4353bab1e4cdb9c8561a6e92e66584cb256145a12','search','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965','e113','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:02:48.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',24,'ea3b4b772f1c921c3dc519c103097631b9f60f263a0cb003a3b56091408e3fcd','search','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965','e118','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,0,'2024-09-15 09:02:49.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',25,'d5cfad5dea2bea147bbbcc55bc68c684fe608bdf4ffa239cebced2460b40307a','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e114','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,1.0,0,'2024-09-15 09:02:50.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',26,'d0ccf0a133b9f75914749421a7db52963a2d84b9d2407b9968c41faf0d0483f6','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e109','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,0.0,0,'2024-09-15 09:02:51.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',27,'f8127cd990985a5ab69ca2d65ff2aad4344b58a536b4fbef72f0e798378ea563','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e106','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,1.0,0,'2024-09-15 09:02:52.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',28,'1fde80ea4ec70a65fdb66758ff76285eb204bc83969f3b746d8c25ae979a7c60','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e111','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:02:53.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',29,'947a6b7facfb088c83384d39fb2aeb85380ea46d046e6a0f304b1ea90ecf1c58','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e108','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,0,'2024-09-15 09:02:54.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',30,'2d2efa0f6f1f5325bfce3cffead08a7473f5444f250be8338fc5ea19e42a7641','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e105','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:02:55.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',31,'91af1a55f71edda6f0cdf817aa5059d8c9a9fe3d8f79f81f5b19faf688c5d2cd','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e113','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:02:56.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',32,'2a350191d721ee0fbfde220a650bf97d71b1fae2912970dff5948b7e86eb9304','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e118','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,0.0,0,'2024-09-15 09:02:57.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',33,'ba963884b681b7813459852f12c631f9e7e2194b768b3f4ec246610e4b7719d0','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e119','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,0.0,0,'2024-09-15 09:02:58.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',34,'5ff440d1b7f704246d4f4ce1161806f33346fce1aa2c3676095025ca6439185e','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e102','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,1.0,0,'2024-09-15 09:02:59.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',35,'da2f1666179f482150758c4a83a733b1c57370ae11271caad98c3a5f7cc823c0','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e117','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:03:00.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',36,'99e2d4a3c2b97bdfee6e0ff85f592012283e5f7e5be29d14620ee816b4a4bc7b','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e100','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,1.0,0,'2024-09-15 09:03:01.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',37,'b88c560a3a6e82fe99b15fecfbc09d44e71e2da1505b7c7dc944019dd9b3fa95','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e116','{"text": "good", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','good',NULL,1.0,0,'2024-09-15 09:03:02.000000');
INSERT INTO "evaluations" VALUES('d6bc78285d494e63d9e6cbfae449a426',38,'f47890574746fb1c5b472c1234162f7203bd4f000a79dfb9b42b507629f1306a','search','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0','e101','{"text": "bad", "prompt_tokens": 20, "completion_tokens": 1, "latency_ms": 4.0, "cached_tokens": 0, "label_logprobs": null, "prompt_ms": null, "generation_ms": null}','bad',NULL,1.0,0,'2024-09-15 09:03:03.000000');
CREATE TABLE examples (
	skill VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	split VARCHAR NOT NULL, 
	origin VARCHAR NOT NULL, 
	"row" JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_examples PRIMARY KEY (skill, id)
);
CREATE TABLE feedback (
	id VARCHAR NOT NULL, 
	task_id VARCHAR NOT NULL, 
	success BOOLEAN, 
	correction VARCHAR, 
	user VARCHAR, 
	created_at DATETIME NOT NULL, 
	skill VARCHAR, 
	standing VARCHAR, 
	settled_at DATETIME, 
	CONSTRAINT pk_feedback PRIMARY KEY (id)
);
INSERT INTO "feedback" VALUES('e3e70682c2094caca29f6fbed82c07cd','half-80',1,NULL,'user-0','2024-09-15 09:00:04.000000','half','counted','2024-09-15 09:00:04.000000');
INSERT INTO "feedback" VALUES('f728b4fa42484e3a8a5d2f346baa9455','half-81',1,NULL,'user-1','2024-09-15 09:00:07.000000','half','counted','2024-09-15 09:00:07.000000');
INSERT INTO "feedback" VALUES('eb1167b367a94378bc65c1e582e2e662','half-82',1,NULL,'user-2','2024-09-15 09:00:10.000000','half','counted','2024-09-15 09:00:10.000000');
INSERT INTO "feedback" VALUES('f7c1bd874da5470994713d60c8a70639','half-83',1,NULL,'user-3','2024-09-15 09:00:13.000000','half','counted','2024-09-15 09:00:13.000000');
INSERT INTO "feedback" VALUES('e443df789558467f9ba91faf7a024204','half-84',1,NULL,'user-4','2024-09-15 09:00:16.000000','half','counted','2024-09-15 09:00:16.000000');
INSERT INTO "feedback" VALUES('23a7711a81334876b7ebdcd9e87a1613','half-85',1,NULL,'user-0','2024-09-15 09:00:19.000000','half','counted','2024-09-15 09:00:19.000000');
INSERT INTO "feedback" VALUES('1846d424c17c4279a3c6612f48268673','half-86',1,NULL,'user-1','2024-09-15 09:00:22.000000','half','counted','2024-09-15 09:00:22.000000');
INSERT INTO "feedback" VALUES('fcbd04c340214ef78ca5a5a19e4d6e3c','half-87',1,NULL,'user-2','2024-09-15 09:00:25.000000','half','counted','2024-09-15 09:00:25.000000');
INSERT INTO "feedback" VALUES('b4862b21fb97443588561712e8e5216a','half-88',1,NULL,'user-3','2024-09-15 09:00:28.000000','half','counted','2024-09-15 09:00:28.000000');
INSERT INTO "feedback" VALUES('259f4329e6f4490b9a164106cf6a659e','half-89',1,NULL,'user-4','2024-09-15 09:00:31.000000','half','counted','2024-09-15 09:00:31.000000');
INSERT INTO "feedback" VALUES('12e0c8b2bad640fb99488dec4f65d4d9','half-90',1,NULL,'user-0','2024-09-15 09:00:34.000000','half','counted','2024-09-15 09:00:34.000000');
INSERT INTO "feedback" VALUES('5487ce1eaf19422a99b8a714e61a441c','half-91',1,NULL,'user-1','2024-09-15 09:00:37.000000','half','counted','2024-09-15 09:00:37.000000');
INSERT INTO "feedback" VALUES('5a92118719c74df48f4ff31e78de5857','half-92',1,NULL,'user-2','2024-09-15 09:00:40.000000','half','counted','2024-09-15 09:00:40.000000');
INSERT INTO "feedback" VALUES('a3f2c9bf9c6346b990f244556f25e2a2','half-93',1,NULL,'user-3','2024-09-15 09:00:43.000000','half','counted','2024-09-15 09:00:43.000000');
INSERT INTO "feedback" VALUES('8d723104f77343c1b458a748e9bb17bc','half-94',1,NULL,'user-4','2024-09-15 09:00:46.000000','half','counted','2024-09-15 09:00:46.000000');
INSERT INTO "feedback" VALUES('85776e9add84439eb1545a137a1d5006','half-95',1,NULL,'user-0','2024-09-15 09:00:49.000000','half','counted','2024-09-15 09:00:49.000000');
INSERT INTO "feedback" VALUES('eb2083e6ce164dba8ff18e0242af9fc3','half-96',1,NULL,'user-1','2024-09-15 09:00:52.000000','half','counted','2024-09-15 09:00:52.000000');
INSERT INTO "feedback" VALUES('17e0aa3c03984ca8aa7e9d498c778ea6','half-97',1,NULL,'user-2','2024-09-15 09:00:55.000000','half','counted','2024-09-15 09:00:55.000000');
INSERT INTO "feedback" VALUES('b5d32b1666194cb1971037d1b83e90ec','half-98',1,NULL,'user-3','2024-09-15 09:00:58.000000','half','counted','2024-09-15 09:00:58.000000');
INSERT INTO "feedback" VALUES('a0116be5ab0c468188f8e3d0d3290a4c','half-99',1,NULL,'user-4','2024-09-15 09:01:01.000000','half','counted','2024-09-15 09:01:01.000000');
INSERT INTO "feedback" VALUES('d3fbf47a7e5b4e7f9ca5499d004ae545','half-100',0,NULL,'user-0','2024-09-15 09:01:04.000000','half','counted','2024-09-15 09:01:04.000000');
INSERT INTO "feedback" VALUES('baf3897a3e70416a95485822de1b372a','half-101',0,NULL,'user-1','2024-09-15 09:01:07.000000','half','counted','2024-09-15 09:01:07.000000');
INSERT INTO "feedback" VALUES('101fbcccded743e8b421eaeb534097ca','half-102',0,NULL,'user-2','2024-09-15 09:01:10.000000','half','counted','2024-09-15 09:01:10.000000');
INSERT INTO "feedback" VALUES('38c1962e9148424faac1c14f30e9c5cc','half-103',0,NULL,'user-3','2024-09-15 09:01:13.000000','half','counted','2024-09-15 09:01:13.000000');
INSERT INTO "feedback" VALUES('247a8333f7b047d28da8056c3d15eef7','half-104',0,NULL,'user-4','2024-09-15 09:01:16.000000','half','counted','2024-09-15 09:01:16.000000');
INSERT INTO "feedback" VALUES('1759edc372ae42448b0163c1cd9d2b7d','half-105',0,NULL,'user-0','2024-09-15 09:01:19.000000','half','counted','2024-09-15 09:01:19.000000');
INSERT INTO "feedback" VALUES('e005b86051ef4922be43c49e149818d1','half-106',0,NULL,'user-1','2024-09-15 09:01:22.000000','half','counted','2024-09-15 09:01:22.000000');
INSERT INTO "feedback" VALUES('7d41e602eece428bbf7b118e820865d6','half-107',0,NULL,'user-2','2024-09-15 09:01:25.000000','half','counted','2024-09-15 09:01:25.000000');
INSERT INTO "feedback" VALUES('4a84eb038d1f49b78d2b9deb1beb3711','half-108',0,NULL,'user-3','2024-09-15 09:01:28.000000','half','counted','2024-09-15 09:01:28.000000');
INSERT INTO "feedback" VALUES('552f233a8c25466a9ff39849b4e1357d','half-109',0,NULL,'user-4','2024-09-15 09:01:31.000000','half','counted','2024-09-15 09:01:31.000000');
INSERT INTO "feedback" VALUES('3405095c8a5046c1ac188efbd080e66e','half-110',0,NULL,'user-0','2024-09-15 09:01:34.000000','half','counted','2024-09-15 09:01:34.000000');
INSERT INTO "feedback" VALUES('8c1745a79a6a4f928ca74147f6be1f72','half-111',0,NULL,'user-1','2024-09-15 09:01:37.000000','half','counted','2024-09-15 09:01:37.000000');
INSERT INTO "feedback" VALUES('1775336d71ea4d0589a3e80e966e1277','half-112',0,NULL,'user-2','2024-09-15 09:01:40.000000','half','counted','2024-09-15 09:01:40.000000');
INSERT INTO "feedback" VALUES('5129fb7c628841a58c45782198a6416d','half-113',0,NULL,'user-3','2024-09-15 09:01:43.000000','half','counted','2024-09-15 09:01:43.000000');
INSERT INTO "feedback" VALUES('2f1205544a5348ccbdfabc08935ddd72','half-114',0,NULL,'user-4','2024-09-15 09:01:46.000000','half','counted','2024-09-15 09:01:46.000000');
INSERT INTO "feedback" VALUES('0870e15c2fcd41b5924bace4307bf326','half-115',0,NULL,'user-0','2024-09-15 09:01:49.000000','half','counted','2024-09-15 09:01:49.000000');
INSERT INTO "feedback" VALUES('42930b33a81a4477bb3675b89cdeb3e6','half-116',0,NULL,'user-1','2024-09-15 09:01:52.000000','half','counted','2024-09-15 09:01:52.000000');
INSERT INTO "feedback" VALUES('adc0da7a16fe4aa091af923d79fdef7c','half-117',0,NULL,'user-2','2024-09-15 09:01:55.000000','half','counted','2024-09-15 09:01:55.000000');
INSERT INTO "feedback" VALUES('2648ee38e07445eba15663abc1f254b8','half-118',0,NULL,'user-3','2024-09-15 09:01:58.000000','half','counted','2024-09-15 09:01:58.000000');
INSERT INTO "feedback" VALUES('148b2758d7ab492889e469e6ec62b2c8','half-119',0,NULL,'user-4','2024-09-15 09:02:01.000000','half','counted','2024-09-15 09:02:01.000000');
INSERT INTO "feedback" VALUES('d450fe4aec4f417bb306d1a8e5eeac76','half-120',0,NULL,'user-0','2024-09-15 09:02:04.000000','half','counted','2024-09-15 09:02:04.000000');
INSERT INTO "feedback" VALUES('d67e55fd642b4a42aef9c00b8a64c1b9','half-121',0,NULL,'user-1','2024-09-15 09:02:07.000000','half','counted','2024-09-15 09:02:07.000000');
INSERT INTO "feedback" VALUES('85940927468f453d864a7a50b48d73f1','half-122',0,NULL,'user-2','2024-09-15 09:02:10.000000','half','counted','2024-09-15 09:02:10.000000');
INSERT INTO "feedback" VALUES('37176e84d9774993bc49d76fcfc6e625','half-123',0,NULL,'user-3','2024-09-15 09:02:13.000000','half','counted','2024-09-15 09:02:13.000000');
INSERT INTO "feedback" VALUES('30bcab0ed857410295d44936a1515607','promoted-100',1,NULL,NULL,'2024-09-15 09:12:20.000000','promoted','counted','2024-09-15 09:12:20.000000');
INSERT INTO "feedback" VALUES('4562be7fbb4240b28426465e3e37952d','promoted-101',1,NULL,NULL,'2024-09-15 09:12:24.000000','promoted','counted','2024-09-15 09:12:24.000000');
INSERT INTO "feedback" VALUES('5f3f563838704a14b490b6081dfc8352','promoted-102',0,NULL,NULL,'2024-09-15 09:12:28.000000','promoted','counted','2024-09-15 09:12:28.000000');
INSERT INTO "feedback" VALUES('6d16ee18552146ddaba4b180cb69ca38','promoted-103',1,NULL,NULL,'2024-09-15 09:12:32.000000','promoted','counted','2024-09-15 09:12:32.000000');
INSERT INTO "feedback" VALUES('c87a746319c14a0d8febd845d0dfae43','promoted-104',1,NULL,NULL,'2024-09-15 09:12:36.000000','promoted','counted','2024-09-15 09:12:36.000000');
INSERT INTO "feedback" VALUES('38018b47b29a4b069af66c5f2577bffa','promoted-105',0,NULL,NULL,'2024-09-15 09:12:40.000000','promoted','counted','2024-09-15 09:12:40.000000');
INSERT INTO "feedback" VALUES('a25b59fd92e84269912ecbc40b9475b1','promoted-106',1,NULL,NULL,'2024-09-15 09:12:44.000000','promoted','counted','2024-09-15 09:12:44.000000');
INSERT INTO "feedback" VALUES('9a27d85888c142adafbfc19ee8f6cf32','promoted-107',1,NULL,NULL,'2024-09-15 09:12:48.000000','promoted','counted','2024-09-15 09:12:48.000000');
INSERT INTO "feedback" VALUES('1fdb8b3206d549e892f175ffae3b16ec','promoted-108',0,NULL,NULL,'2024-09-15 09:12:52.000000','promoted','counted','2024-09-15 09:12:52.000000');
INSERT INTO "feedback" VALUES('d480865f9b384e80b042e325a28f5ab0','promoted-109',1,NULL,NULL,'2024-09-15 09:12:56.000000','promoted','counted','2024-09-15 09:12:56.000000');
INSERT INTO "feedback" VALUES('4d125e7fa59c4c98926cbc8f38884479','single-0',0,NULL,NULL,'2024-09-15 09:13:47.000000','single','counted','2024-09-15 09:13:47.000000');
INSERT INTO "feedback" VALUES('0fa07a3f2e294065afa231e959acdd98','single-1',1,NULL,NULL,'2024-09-15 09:13:53.000000','single','counted','2024-09-15 09:13:53.000000');
INSERT INTO "feedback" VALUES('98b33c6e0a14490ab795e98680ee526e','single-2',1,NULL,NULL,'2024-09-15 09:14:00.000000','single','counted','2024-09-15 09:14:00.000000');
INSERT INTO "feedback" VALUES('642aad48fcfc4a81b306d70019d5f970','single-3',1,NULL,NULL,'2024-09-15 09:14:06.000000','single','counted','2024-09-15 09:14:06.000000');
INSERT INTO "feedback" VALUES('e786ab375bca47be829817c53308fb2e','single-4',0,NULL,NULL,'2024-09-15 09:14:12.000000','single','counted','2024-09-15 09:14:12.000000');
INSERT INTO "feedback" VALUES('e6fd68e8d69c41c2b8601602bb4a06cb','single-5',1,NULL,NULL,'2024-09-15 09:14:18.000000','single','counted','2024-09-15 09:14:18.000000');
INSERT INTO "feedback" VALUES('b29c467d2b5f493291dc59efeb21a3f6','single-6',1,NULL,NULL,'2024-09-15 09:14:23.000000','single','counted','2024-09-15 09:14:23.000000');
INSERT INTO "feedback" VALUES('c470f0e7f76f4fb8b412fc12ac322c12','single-7',1,NULL,NULL,'2024-09-15 09:14:29.000000','single','counted','2024-09-15 09:14:29.000000');
INSERT INTO "feedback" VALUES('28805c5dad1b4f6089e4dab20edc6d2b','single-8',0,NULL,NULL,'2024-09-15 09:14:34.000000','single','counted','2024-09-15 09:14:34.000000');
INSERT INTO "feedback" VALUES('878b9f6b57a14b71a975d279d86dbf11','single-9',1,NULL,NULL,'2024-09-15 09:14:40.000000','single','counted','2024-09-15 09:14:40.000000');
CREATE TABLE holdback_tasks (
	holdback_id VARCHAR NOT NULL, 
	task_id VARCHAR NOT NULL, 
	reference BOOLEAN NOT NULL, 
	share FLOAT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_holdback_tasks PRIMARY KEY (holdback_id, task_id), 
	CONSTRAINT fk_holdback_tasks_holdback_id_holdbacks FOREIGN KEY(holdback_id) REFERENCES holdbacks (id)
);
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-100',1,0.2,'2024-09-15 09:12:19.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-101',0,0.2,'2024-09-15 09:12:23.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-102',0,0.2,'2024-09-15 09:12:27.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-103',1,0.2,'2024-09-15 09:12:31.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-104',0,0.2,'2024-09-15 09:12:35.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-105',0,0.2,'2024-09-15 09:12:39.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-106',0,0.2,'2024-09-15 09:12:43.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-107',0,0.2,'2024-09-15 09:12:47.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-108',0,0.2,'2024-09-15 09:12:51.000000');
INSERT INTO "holdback_tasks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted-109',0,0.2,'2024-09-15 09:12:55.000000');
CREATE TABLE holdbacks (
	id VARCHAR NOT NULL, 
	skill VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	reference INTEGER NOT NULL, 
	rule JSON NOT NULL, 
	began_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	result VARCHAR, 
	reason VARCHAR, 
	new_n INTEGER, 
	new_successes INTEGER, 
	reference_n INTEGER, 
	reference_successes INTEGER, 
	tasks INTEGER NOT NULL, 
	reference_tasks INTEGER NOT NULL, 
	CONSTRAINT pk_holdbacks PRIMARY KEY (id)
);
INSERT INTO "holdbacks" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted',2,1,'{"share": 0.2, "alpha": 0.04, "threshold": null, "sample_size": null}','2024-09-15 09:12:14.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,10,2);
INSERT INTO "holdbacks" VALUES('78e4b1d1853c95539bc30733fd98476f','returned',2,1,'{"share": 0.2, "alpha": 0.04, "threshold": null, "sample_size": null}','2024-09-15 09:15:37.000000','2024-09-15 09:15:40.000000','replaced','Version 3 went into production (manual).',0,0,0,0,0,0);
CREATE TABLE leases (
	skill VARCHAR NOT NULL, 
	holder VARCHAR NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (skill)
);
CREATE TABLE model_calls (
	session_id VARCHAR NOT NULL, 
	ordinal INTEGER NOT NULL, 
	"key" VARCHAR NOT NULL, 
	operator VARCHAR NOT NULL, 
	parents JSON NOT NULL, 
	reply JSON NOT NULL, 
	verdict VARCHAR, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_model_calls PRIMARY KEY (session_id, ordinal), 
	CONSTRAINT fk_model_calls_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id)
);
CREATE TABLE notices (
	event_id VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	skill VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	data JSON NOT NULL, 
	at DATETIME NOT NULL, 
	message_id VARCHAR, 
	tried_at DATETIME, 
	sent_at DATETIME, 
	CONSTRAINT pk_notices PRIMARY KEY (event_id, channel)
);
CREATE TABLE operators (
	session_id VARCHAR NOT NULL, 
	operator VARCHAR NOT NULL, 
	proposals INTEGER NOT NULL, 
	accepted INTEGER NOT NULL, 
	rejected JSON NOT NULL, 
	beat_parent INTEGER NOT NULL, 
	mutation_prompts JSON NOT NULL, 
	sentences JSON NOT NULL, 
	CONSTRAINT pk_operators PRIMARY KEY (session_id, operator), 
	CONSTRAINT fk_operators_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id)
);
INSERT INTO "operators" VALUES('d6bc78285d494e63d9e6cbfae449a426','choose_demonstrations',1,1,'{}',0,'{}','{}');
INSERT INTO "operators" VALUES('d6bc78285d494e63d9e6cbfae449a426','word_contract',1,1,'{}',0,'{}','{}');
INSERT INTO "operators" VALUES('90627dbc9ebc59849e801d477e558991','choose_demonstrations',3,3,'{}',1,'{}','{}');
INSERT INTO "operators" VALUES('90627dbc9ebc59849e801d477e558991','word_contract',1,1,'{}',0,'{}','{}');
INSERT INTO "operators" VALUES('90627dbc9ebc59849e801d477e558991','edit_sentences',1,1,'{}',0,'{}','{}');
INSERT INTO "operators" VALUES('90627dbc9ebc59849e801d477e558991','change_demonstrations',1,0,'{"too_similar": 1}',0,'{}','{}');
INSERT INTO "operators" VALUES('90627dbc9ebc59849e801d477e558991','rewrite',1,1,'{}',0,'{}','{}');
INSERT INTO "operators" VALUES('90627dbc9ebc59849e801d477e558991','cross_demonstrations',2,2,'{}',2,'{}','{}');
CREATE TABLE promotion_intents (
	id VARCHAR NOT NULL, 
	session_id VARCHAR, 
	skill VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	"plan" JSON NOT NULL, 
	state VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	done_at DATETIME, 
	CONSTRAINT pk_promotion_intents PRIMARY KEY (id)
);
INSERT INTO "promotion_intents" VALUES('d6ed9f6787d483d224be78ec43d89e95','90627dbc9ebc59849e801d477e558991','promoted','promote','{"release": {"skill": "promoted", "kind": "promote", "from_version": 1, "version": 2, "prompt": {"text": "Good or bad? Answer with exactly one of: bad, good.", "demonstrations": [{"inputs": {"text": "comment 112"}, "output": "good"}, {"inputs": {"text": "comment 103"}, "output": "bad"}, {"inputs": {"text": "comment 115"}, "output": "bad"}]}, "path": "skills/promoted-v2.md", "text": "---\ndemonstrations:\n- inputs:\n    text: comment 112\n  output: good\n- inputs:\n    text: comment 103\n  output: bad\n- inputs:\n    text: comment 115\n  output: bad\n---\nGood or bad? Answer with exactly one of: bad, good.\n", "config": {"prompt_template": "skills/promoted-v2.md", "prompt_version": 2, "evolved_at": "2024-09-15T09:12:14Z", "previous_accuracy": 0.5, "current_accuracy": 0.9, "evolution_history": [{"version": 1, "active_period": "2024-09-15 to 2024-09-15", "accuracy": 0.5, "reason": "Asked for by hand"}, {"version": 2, "active_since": "2024-09-15", "accuracy": 0.9, "source": "small evolution (variant A)"}]}, "at": "2024-09-15T09:12:14+00:00"}, "reason": "Asked for by hand", "source": "small", "variant_id": "2543b81abafaebf1a5a5b7ccbb38f7f3", "variant_letter": "A", "decision": "Variant A leads the incumbent by 6 after 6 votes. Offline gate: 40 wins, 0 losses on 100 examples: p < 0.0001, passed (at most 0.025 passes).", "by_hand": false, "periodic": false, "restored": null, "holdback_ended": null, "holdback": {"share": 0.2, "alpha": 0.04, "threshold": null, "sample_size": null}}','done','2024-09-15 09:12:14.000000','2024-09-15 09:12:16.000000');
INSERT INTO "promotion_intents" VALUES('78e4b1d1853c95539bc30733fd98476f','27460f22403d4f83a859890cd670f668','returned','promote','{"release": {"skill": "returned", "kind": "promote", "from_version": 1, "version": 2, "prompt": {"text": "Read the comment slowly and say whether its writer feels good or bad."}, "path": "skills/returned-v2.md", "text": "Read the comment slowly and say whether its writer feels good or bad.\n", "config": {"prompt_template": "skills/returned-v2.md", "prompt_version": 2, "evolved_at": "2024-09-15T09:15:37Z", "previous_accuracy": null, "current_accuracy": null, "evolution_history": [{"version": 1, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Asked for by hand"}, {"version": 2, "active_since": "2024-09-15", "accuracy": null, "source": "manual evolution (variant A)"}]}, "at": "2024-09-15T09:15:37+00:00"}, "reason": "Asked for by hand", "source": "manual", "variant_id": "bd30291a55fe408e943e2e04bdd7d19b", "variant_letter": "A", "decision": "Promoted by hand.", "by_hand": true, "periodic": false, "restored": null, "holdback_ended": null, "holdback": {"share": 0.2, "alpha": 0.04, "threshold": null, "sample_size": null}}','done','2024-09-15 09:15:37.000000','2024-09-15 09:15:39.000000');
INSERT INTO "promotion_intents" VALUES('387947eb7223b30a3f97fb5d145fa735',NULL,'returned','manual','{"release": {"skill": "returned", "kind": "manual", "from_version": 2, "version": 3, "prompt": {"text": "Good or bad, do you think?"}, "path": "skills/returned-v3.md", "text": "Good or bad, do you think?\n", "config": {"prompt_template": "skills/returned-v3.md", "prompt_version": 3, "evolved_at": "2024-09-15T09:15:40Z", "previous_accuracy": null, "current_accuracy": null, "evolution_history": [{"version": 1, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Asked for by hand"}, {"version": 2, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Edited by hand"}, {"version": 3, "active_since": "2024-09-15", "accuracy": null, "source": "Manual"}]}, "at": "2024-09-15T09:15:40+00:00"}, "reason": "Edited by hand", "source": "manual", "variant_id": null, "variant_letter": null, "decision": "", "by_hand": true, "periodic": false, "restored": null, "holdback_ended": null, "holdback": null}','done','2024-09-15 09:15:40.000000','2024-09-15 09:15:41.000000');
INSERT INTO "promotion_intents" VALUES('838901bd9c9746081e67300f62c1b131',NULL,'returned','rollback','{"release": {"skill": "returned", "kind": "rollback", "from_version": 3, "version": 4, "prompt": {"text": "Read the comment slowly and say whether its writer feels good or bad."}, "path": "skills/returned-v4.md", "text": "Read the comment slowly and say whether its writer feels good or bad.\n", "config": {"prompt_template": "skills/returned-v4.md", "prompt_version": 4, "evolved_at": "2024-09-15T09:15:43Z", "previous_accuracy": null, "current_accuracy": null, "evolution_history": [{"version": 1, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Asked for by hand"}, {"version": 2, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Edited by hand"}, {"version": 3, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Rolled back by hand"}, {"version": 4, "active_since": "2024-09-15", "accuracy": null, "source": "Rollback to version 2"}]}, "at": "2024-09-15T09:15:43+00:00"}, "reason": "Rolled back by hand", "source": "rollback", "variant_id": null, "variant_letter": null, "decision": "", "by_hand": true, "periodic": false, "restored": 2, "holdback_ended": null, "holdback": null}','done','2024-09-15 09:15:43.000000','2024-09-15 09:15:44.000000');
INSERT INTO "promotion_intents" VALUES('0786ecfb9e0bb65afcddbf809976122a',NULL,'returned','rollback','{"release": {"skill": "returned", "kind": "rollback", "from_version": 4, "version": 5, "prompt": {"text": "Good or bad?"}, "path": "skills/returned-v5.md", "text": "Good or bad?\n", "config": {"prompt_template": "skills/returned-v5.md", "prompt_version": 5, "evolved_at": "2024-09-15T09:15:46Z", "previous_accuracy": null, "current_accuracy": null, "evolution_history": [{"version": 1, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Asked for by hand"}, {"version": 2, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Edited by hand"}, {"version": 3, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Rolled back by hand"}, {"version": 4, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Reset by hand"}, {"version": 5, "active_since": "2024-09-15", "accuracy": null, "source": "Rollback to version 1"}]}, "at": "2024-09-15T09:15:46+00:00"}, "reason": "Reset by hand", "source": "rollback", "variant_id": null, "variant_letter": null, "decision": "", "by_hand": true, "periodic": false, "restored": 1, "holdback_ended": null, "holdback": null}','done','2024-09-15 09:15:46.000000','2024-09-15 09:15:47.000000');
INSERT INTO "promotion_intents" VALUES('38a4a5abf935ed1c342dc68a6277403d','b3969057425c4200905ada6b720299e3','pending','promote','{"release": {"skill": "pending", "kind": "promote", "from_version": 1, "version": 2, "prompt": {"text": "Read the comment slowly and say whether its writer feels good or bad."}, "path": "skills/pending-v2.md", "text": "Read the comment slowly and say whether its writer feels good or bad.\n", "config": {"prompt_template": "skills/pending-v2.md", "prompt_version": 2, "evolved_at": "2024-09-15T09:17:23Z", "previous_accuracy": null, "current_accuracy": null, "evolution_history": [{"version": 1, "active_period": "2024-09-15 to 2024-09-15", "accuracy": null, "reason": "Asked for by hand"}, {"version": 2, "active_since": "2024-09-15", "accuracy": null, "source": "manual evolution (variant A)"}]}, "at": "2024-09-15T09:17:23+00:00"}, "reason": "Asked for by hand", "source": "manual", "variant_id": "9a9e43108fb84baba8754cd37cbd7025", "variant_letter": "A", "decision": "Variant A leads the incumbent by 14 after 14 votes. No offline gate: users decide.", "by_hand": false, "periodic": false, "restored": null, "holdback_ended": null, "holdback": {"share": 0.2, "alpha": 0.04, "threshold": null, "sample_size": null}}','intent','2024-09-15 09:17:23.000000',NULL);
CREATE TABLE prompt_candidates (
	variant_id VARCHAR NOT NULL, 
	session_id VARCHAR NOT NULL, 
	skill_name VARCHAR NOT NULL, 
	prompt_text VARCHAR NOT NULL, 
	generation INTEGER NOT NULL, 
	parent_id VARCHAR, 
	mutation_type VARCHAR NOT NULL, 
	fitness_score FLOAT, 
	evaluated_n INTEGER NOT NULL, 
	demonstrations JSON NOT NULL, 
	calibration JSON NOT NULL, 
	prompt_hash VARCHAR NOT NULL, 
	mutation_prompt VARCHAR, 
	origin VARCHAR, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_prompt_candidates PRIMARY KEY (variant_id), 
	CONSTRAINT fk_prompt_candidates_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id)
);
INSERT INTO "prompt_candidates" VALUES('c7c649fd4f64c03aa9981a4e7a424568','d6bc78285d494e63d9e6cbfae449a426','half','Good or bad?',0,NULL,'incumbent',3.33333333333333314829e-01,9,'[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,NULL,'2024-09-15 09:02:30.000000');
INSERT INTO "prompt_candidates" VALUES('539a4d750e73dfdf65641be38086aeb2','d6bc78285d494e63d9e6cbfae449a426','half','Good or bad?',0,NULL,'calibration',0.375,8,'[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,NULL,'2024-09-15 09:02:31.000000');
INSERT INTO "prompt_candidates" VALUES('6eff664469ea85c03fe76d8640d208b3','d6bc78285d494e63d9e6cbfae449a426','half','Good or bad?',0,'c7c649fd4f64c03aa9981a4e7a424568','choose_demonstrations',0.5,8,'[{"inputs": {"text": "comment 112"}, "output": "good"}, {"inputs": {"text": "comment 103"}, "output": "bad"}, {"inputs": {"text": "comment 115"}, "output": "bad"}]','{}','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965',NULL,NULL,'2024-09-15 09:02:32.000000');
INSERT INTO "prompt_candidates" VALUES('e6683cd32055339d44bd1654ba63e74f','d6bc78285d494e63d9e6cbfae449a426','half','Good or bad? Answer with exactly one of: bad, good.',0,'c7c649fd4f64c03aa9981a4e7a424568','word_contract',7.14285714285714301574e-01,14,'[]','{}','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0',NULL,NULL,'2024-09-15 09:02:33.000000');
INSERT INTO "prompt_candidates" VALUES('224523ac0a0fe4240748f8e806c8d091','90627dbc9ebc59849e801d477e558991','promoted','Good or bad?',0,NULL,'incumbent',4.28571428571428547638e-01,14,'[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,NULL,'2024-09-15 09:03:25.000000');
INSERT INTO "prompt_candidates" VALUES('d2b6632490c1ce5fd9a66456e38ab531','90627dbc9ebc59849e801d477e558991','promoted','Good or bad?',0,NULL,'calibration',4.28571428571428547638e-01,14,'[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,NULL,'2024-09-15 09:03:26.000000');
INSERT INTO "prompt_candidates" VALUES('c5d74cc25251dc913107ff22361beb8a','90627dbc9ebc59849e801d477e558991','promoted','Good or bad?',0,'224523ac0a0fe4240748f8e806c8d091','choose_demonstrations',0.5,14,'[{"inputs": {"text": "comment 112"}, "output": "good"}, {"inputs": {"text": "comment 103"}, "output": "bad"}, {"inputs": {"text": "comment 115"}, "output": "bad"}]','{}','800a90b8b473d4a2fcde67257724aa676b8011b5277e745f58c8c7022e6ae965',NULL,NULL,'2024-09-15 09:03:27.000000');
INSERT INTO "prompt_candidates" VALUES('7fa9213a25cf982e188e380eeee0ad42','90627dbc9ebc59849e801d477e558991','promoted','Good or bad? Answer with exactly one of: bad, good.',0,'224523ac0a0fe4240748f8e806c8d091','word_contract',7.14285714285714301574e-01,14,'[]','{}','1a432c9e4fc2f57e8390ff1c73185601a5a3bf728194c1d0e3e3c7db44b535a0',NULL,NULL,'2024-09-15 09:03:28.000000');
INSERT INTO "prompt_candidates" VALUES('0072ae410f30b7da9ba65fdd6591b154','90627dbc9ebc59849e801d477e558991','promoted','Good or bad?',0,'224523ac0a0fe4240748f8e806c8d091','choose_demonstrations',0.5,14,'[{"inputs": {"text": "comment 115"}, "output": "bad"}]','{}','df473d34aa9c3ba1870a610fca8f718e7e0ecd5e582e429f64d864a686897d26',NULL,NULL,'2024-09-15 09:03:29.000000');
INSERT INTO "prompt_candidates" VALUES('629032ea279fee13e77e0653db4afb6b','90627dbc9ebc59849e801d477e558991','promoted','Be brief. Good or bad?',0,'224523ac0a0fe4240748f8e806c8d091','edit_sentences',4.28571428571428547638e-01,14,'[]','{}','735a724456bf204092c251833b280cbc3000991dd8bd7a5b90da1c6c0d7cf0fb',NULL,NULL,'2024-09-15 09:03:30.000000');
INSERT INTO "prompt_candidates" VALUES('4a41b9261ce359391e8bfd4c5c326f61','90627dbc9ebc59849e801d477e558991','promoted','Look for praise and blame, and name the one that weighs more.',0,'224523ac0a0fe4240748f8e806c8d091','rewrite',7.14285714285714301574e-01,14,'[]','{}','2c23845464b9444bb1e2d4a052718a4de9684e93ba9538eccbc26865e1253c97','Rewritten',NULL,'2024-09-15 09:03:32.000000');
INSERT INTO "prompt_candidates" VALUES('5adc2570a89e372f7746f682dedf5790','90627dbc9ebc59849e801d477e558991','promoted','Good or bad? Answer with exactly one of: bad, good.',0,'7fa9213a25cf982e188e380eeee0ad42','cross_demonstrations',8.57142857142857095276e-01,14,'[{"inputs": {"text": "comment 112"}, "output": "good"}, {"inputs": {"text": "comment 103"}, "output": "bad"}, {"inputs": {"text": "comment 115"}, "output": "bad"}]','{}','e0d1413399c4f70ae39e58c3f62f005b7c71ccb043c3732e006691976b669296',NULL,NULL,'2024-09-15 09:04:21.000000');
INSERT INTO "prompt_candidates" VALUES('d6b233a7438aa5e4c424d072ba75c4fa','90627dbc9ebc59849e801d477e558991','promoted','Good or bad? Answer with exactly one of: bad, good.',0,'7fa9213a25cf982e188e380eeee0ad42','cross_demonstrations',8.57142857142857095276e-01,14,'[{"inputs": {"text": "comment 115"}, "output": "bad"}]','{}','c8f06ec44401f6ad6cf5ef4902d2f52e5e3fca9e47f6ed4307ede262d5646401',NULL,NULL,'2024-09-15 09:04:30.000000');
INSERT INTO "prompt_candidates" VALUES('0d1b9e6f3a014d40efad53a68e8234f6','90627dbc9ebc59849e801d477e558991','promoted','Good or bad? Answer with exactly one of: bad, good.',1,'7fa9213a25cf982e188e380eeee0ad42','choose_demonstrations',8.57142857142857095276e-01,14,'[{"inputs": {"text": "comment 103"}, "output": "bad"}, {"inputs": {"text": "comment 112"}, "output": "good"}, {"inputs": {"text": "comment 110"}, "output": "good"}]','{}','597261bf22b00f1e8a842ce7abf6c5750ad13a42cdc1523e3a5b05b3fbb72954',NULL,NULL,'2024-09-15 09:04:45.000000');
CREATE TABLE prompt_evolution_sessions (
	id VARCHAR NOT NULL, 
	skill VARCHAR NOT NULL, 
	original_prompt_hash VARCHAR NOT NULL, 
	triggered_at DATETIME NOT NULL, 
	trigger_reason VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	completed_at DATETIME, 
	stage VARCHAR NOT NULL, 
	base_version INTEGER NOT NULL, 
	optimizer VARCHAR NOT NULL, 
	seed BIGINT NOT NULL, 
	settings JSON NOT NULL, 
	trigger_numbers JSON NOT NULL, 
	result VARCHAR, 
	winning_variant VARCHAR, 
	promoted_at DATETIME, 
	CONSTRAINT pk_prompt_evolution_sessions PRIMARY KEY (id)
);
INSERT INTO "prompt_evolution_sessions" VALUES('d6bc78285d494e63d9e6cbfae449a426','half','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','2024-09-15 09:02:16.000000','accuracy_drop','active',NULL,'searching',1,'promptbreeder',0,'{"preset": "default", "variants": 2, "writer": "small", "budget": {"calls": 60, "tokens": null, "seconds": null}, "evolution": {"optimizer": "promptbreeder", "population_size": 20, "generations": 30, "evaluation_samples": 10, "mutation_weights": {"direct": 0.3, "first_order": 0.3, "crossover": 0.2, "zero_order": 0.15, "hypermutation": 0.05}, "label_calibration": true, "similar_at": 90.0, "writer_model": null, "budget": {"calls": 60, "tokens": null, "seconds": null}}, "inherited": [], "cost": {"tokens": 21.0, "seconds": 0.004}, "failures": ["e119", "e118", "e117", "e116", "e115", "e114", "e113", "e112", "e111", "e110", "e109", "e108", "e107", "e106", "e105", "e104"], "examples": ["e100", "e101", "e102", "e103", "e104", "e105", "e106", "e107", "e108", "e109", "e110", "e111", "e112", "e113", "e114", "e115", "e116", "e117", "e118", "e119", "e120", "e121", "e122", "e123", "e124", "e125", "e126", "e127", "e128", "e129"]}','{"rule": "drop", "accuracy": 0.45454545454545453, "n": 44, "failures": 24, "accuracy_threshold": 0.8, "sample_size": 20, "hours_since_evolution": null, "cooldown_hours": 168, "rules": {"drop": {"evidence": 50000.0, "threshold": 10000.0, "baseline": 0.9090909090909091, "baseline_n": 22, "baseline_lower": 0.8251605694987009}, "floor": {"probability": 0.9999998488611406, "sure": 0.95, "floor": 0.8, "accuracy": 0.45454545454545453, "n": 44, "baseline_lower": 0.8251605694987009}}, "said": "Accuracy 45.5% over the last 44 outcomes, down from 90.9% over the first 22, below 80.0% with probability 1.00."}',NULL,NULL,NULL);
INSERT INTO "prompt_evolution_sessions" VALUES('90627dbc9ebc59849e801d477e558991','promoted','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','2024-09-15 09:03:05.000000','manual','completed','2024-09-15 09:12:15.000000','done',1,'promptbreeder',0,'{"preset": "default", "variants": 2, "writer": "small", "budget": {"calls": 220, "tokens": null, "seconds": null}, "evolution": {"optimizer": "promptbreeder", "population_size": 20, "generations": 30, "evaluation_samples": 10, "mutation_weights": {"direct": 0.3, "first_order": 0.3, "crossover": 0.2, "zero_order": 0.15, "hypermutation": 0.05}, "label_calibration": true, "similar_at": 90.0, "writer_model": null, "budget": {"calls": 600, "tokens": null, "seconds": null}}, "inherited": [], "cost": {"tokens": null, "seconds": null}, "failures": [], "examples": ["e0", "e1", "e10", "e100", "e101", "e102", "e103", "e104", "e105", "e106", "e107", "e108", "e109", "e11", "e110", "e111", "e112", "e113", "e114", "e115", "e116", "e117", "e118", "e119", "e12", "e120", "e121", "e122", "e123", "e124", "e125", "e126", "e127", "e128", "e129", "e13", "e14", "e15", "e16", "e17", "e18", "e19", "e2", "e20", "e21", "e22", "e23", "e24", "e25", "e26", "e27", "e28", "e29", "e3", "e30", "e31", "e32", "e33", "e34", "e35", "e36", "e37", "e38", "e39", "e4", "e40", "e41", "e42", "e43", "e44", "e45", "e46", "e47", "e48", "e49", "e5", "e50", "e51", "e52", "e53", "e54", "e55", "e56", "e57", "e58", "e59", "e6", "e60", "e61", "e62", "e63", "e64", "e65", "e66", "e67", "e68", "e69", "e7", "e70", "e71", "e72", "e73", "e74", "e75", "e76", "e77", "e78", "e79", "e8", "e80", "e81", "e82", "e83", "e84", "e85", "e86", "e87", "e88", "e89", "e9", "e90", "e91", "e92", "e93", "e94", "e95", "e96", "e97", "e98", "e99"], "gate": {"2543b81abafaebf1a5a5b7ccbb38f7f3": {"n": 100, "before": 0.5, "after": 0.9, "wins": 40, "losses": 0, "p": 9.094947017729282e-13, "threshold": 0.025, "passed": true, "enough": true, "reason": "40 wins, 0 losses on 100 examples: p < 0.0001, passed (at most 0.025 passes)."}, "41ec965cfc09a550da0d2c1efa81dee5": {"n": 100, "before": 0.5, "after": 0.9, "wins": 40, "losses": 0, "p": 9.094947017729282e-13, "threshold": 0.025, "passed": true, "enough": true, "reason": "40 wins, 0 losses on 100 examples: p < 0.0001, passed (at most 0.025 passes)."}}, "rule": "two_gate", "arms": ["9017c02227603e6dbd3d9c4dc580de59", "2543b81abafaebf1a5a5b7ccbb38f7f3", "41ec965cfc09a550da0d2c1efa81dee5"], "testing_since": "2024-09-15T09:11:36Z", "ab_testing": {"votes_required": 30, "max_votes": 50, "max_duration_days": 7, "max_votes_ahead": 2, "show_probability": 0.5}, "min_accuracy_improvement": 0.05, "review_below": 0.7, "decision": {"action": "promote", "reason": "Variant A leads the incumbent by 6 after 6 votes. Offline gate: 40 wins, 0 losses on 100 examples: p < 0.0001, passed (at most 0.025 passes).", "variant": "A", "version": 2}}','{}','promoted','variant_a','2024-09-15 09:12:15.000000');
INSERT INTO "prompt_evolution_sessions" VALUES('1db53334fb0343a19576d4155ec17dbe','picks','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','2024-09-15 09:13:01.000000','manual','active',NULL,'testing',1,'manual',0,'{"gate": {}, "preset": "default", "rule": "taste_only", "arms": ["31d0b664058948779b0252440950fd13", "b7d6467b2f5a422ab87f43fdf6062541"], "testing_since": "2024-09-15T09:13:03Z", "ab_testing": {"votes_required": 30, "max_votes": 50, "max_duration_days": 7, "max_votes_ahead": 2, "show_probability": 0.5}, "min_accuracy_improvement": 0.05, "review_below": 0.7}','{}',NULL,NULL,NULL);
INSERT INTO "prompt_evolution_sessions" VALUES('ade9b2b4efdd45f88fa34266ccfdba9b','single','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','2024-09-15 09:13:40.000000','manual','active',NULL,'testing',1,'manual',0,'{"gate": {}, "preset": "default", "rule": "single_mode", "arms": ["9edfa3da6cf54b158b53031d05d51433", "11ebcd49428a4c2295fdb76a19fbeb1d"], "testing_since": "2024-09-15T09:13:42Z", "ab_testing": {"votes_required": 30, "max_votes": 5000, "max_duration_days": 60, "max_votes_ahead": 2, "show_probability": 0.5}, "min_accuracy_improvement": 0.05, "review_below": 0.7}','{}',NULL,NULL,NULL);
INSERT INTO "prompt_evolution_sessions" VALUES('0361524c2cc04859aa6524ab713b7e05','review','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','2024-09-15 09:14:55.000000','manual','active',NULL,'testing',1,'manual',0,'{"gate": {}, "preset": "original", "rule": "thompson", "arms": ["e66cd36e68ef4f5fae68690a78bc7175", "eae2025e82334e239ff3334b91b15f5d"], "testing_since": "2024-09-15T09:14:57Z", "ab_testing": {"votes_required": 30, "max_votes": 5, "max_duration_days": 7, "max_votes_ahead": 2, "show_probability": 0.5}, "min_accuracy_improvement": 0.05, "review_below": 0.7, "decision": {"action": "review", "reason": "Variant A has the highest mean, 0.86. After 5 votes. Its accuracy is 65.0%, below 70%: a person must look.", "variant": "A"}}','{}',NULL,NULL,NULL);
INSERT INTO "prompt_evolution_sessions" VALUES('27460f22403d4f83a859890cd670f668','returned','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','2024-09-15 09:15:32.000000','manual','completed','2024-09-15 09:15:38.000000','done',1,'manual',0,'{"gate": {}, "preset": "default", "rule": "taste_only", "arms": ["753c7c99032f46cab0d9c2aa8f837ef7", "bd30291a55fe408e943e2e04bdd7d19b"], "testing_since": "2024-09-15T09:15:34Z", "ab_testing": {"votes_required": 30, "max_votes": 50, "max_duration_days": 7, "max_votes_ahead": 2, "show_probability": 0.5}, "min_accuracy_improvement": 0.05, "review_below": 0.7, "decision": {"action": "promote", "reason": "Promoted by hand.", "variant": "A", "version": 2}}','{}','promoted','variant_a','2024-09-15 09:15:38.000000');
INSERT INTO "prompt_evolution_sessions" VALUES('dfe1b30791724f0aac7c8803e01bbf50','people','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','2024-09-15 09:15:51.000000','manual','active',NULL,'searching',1,'manual',0,'{}','{}',NULL,NULL,NULL);
INSERT INTO "prompt_evolution_sessions" VALUES('b3969057425c4200905ada6b720299e3','pending','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63','2024-09-15 09:15:55.000000','manual','active',NULL,'testing',1,'manual',0,'{"gate": {}, "preset": "default", "rule": "taste_only", "arms": ["e28bc9ff870f484cb244f536285e25b4", "9a9e43108fb84baba8754cd37cbd7025"], "testing_since": "2024-09-15T09:15:57Z", "ab_testing": {"votes_required": 30, "max_votes": 50, "max_duration_days": 7, "max_votes_ahead": 2, "show_probability": 0.5}, "min_accuracy_improvement": 0.05, "review_below": 0.7}','{}',NULL,NULL,NULL);
CREATE TABLE prompt_history (
	id VARCHAR NOT NULL, 
	skill VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	prompt_template_path VARCHAR NOT NULL, 
	active_from DATETIME NOT NULL, 
	active_to DATETIME, 
	accuracy_start FLOAT, 
	accuracy_end FLOAT, 
	evolution_source VARCHAR, 
	notes VARCHAR, 
	CONSTRAINT pk_prompt_history PRIMARY KEY (id)
);
INSERT INTO "prompt_history" VALUES('329cfc2b9ee3912440e2736b721c6edf','half',1,'skills/half.md','2024-09-15 09:00:02.000000',NULL,NULL,NULL,'initial',NULL);
INSERT INTO "prompt_history" VALUES('032b0783a336c27bc24a99c66687f1ee','promoted',1,'skills/promoted.md','2024-09-15 09:03:08.000000','2024-09-15 09:12:14.000000',NULL,0.5,'initial',NULL);
INSERT INTO "prompt_history" VALUES('d6ed9f6787d483d224be78ec43d89e95','promoted',2,'skills/promoted-v2.md','2024-09-15 09:12:14.000000',NULL,0.9,NULL,'small','Asked for by hand');
INSERT INTO "prompt_history" VALUES('ba348d1f204f755340edc86a06580259','picks',1,'skills/picks.md','2024-09-15 09:13:00.000000',NULL,NULL,NULL,'initial',NULL);
INSERT INTO "prompt_history" VALUES('523a2bf27980715e6fffb39d86113e29','single',1,'skills/single.md','2024-09-15 09:13:39.000000',NULL,NULL,NULL,'initial',NULL);
INSERT INTO "prompt_history" VALUES('3754a8249dacd4ca24ad57ce3a1dbbbb','review',1,'skills/review.md','2024-09-15 09:14:54.000000',NULL,NULL,NULL,'initial',NULL);
INSERT INTO "prompt_history" VALUES('cd0b9ab0c7c9d19c6f4ec82f8d1b2018','returned',1,'skills/returned.md','2024-09-15 09:15:31.000000','2024-09-15 09:15:37.000000',NULL,NULL,'initial',NULL);
INSERT INTO "prompt_history" VALUES('78e4b1d1853c95539bc30733fd98476f','returned',2,'skills/returned-v2.md','2024-09-15 09:15:37.000000','2024-09-15 09:15:40.000000',NULL,NULL,'manual','Asked for by hand');
INSERT INTO "prompt_history" VALUES('387947eb7223b30a3f97fb5d145fa735','returned',3,'skills/returned-v3.md','2024-09-15 09:15:40.000000','2024-09-15 09:15:43.000000',NULL,NULL,'manual','Edited by hand');
INSERT INTO "prompt_history" VALUES('838901bd9c9746081e67300f62c1b131','returned',4,'skills/returned-v4.md','2024-09-15 09:15:43.000000','2024-09-15 09:15:46.000000',NULL,NULL,'rollback','Rolled back by hand');
INSERT INTO "prompt_history" VALUES('0786ecfb9e0bb65afcddbf809976122a','returned',5,'skills/returned-v5.md','2024-09-15 09:15:46.000000',NULL,NULL,NULL,'rollback','Reset by hand');
INSERT INTO "prompt_history" VALUES('8c7e532c8663f310c017ed0046e208a3','people',1,'skills/people.md','2024-09-15 09:15:50.000000',NULL,NULL,NULL,'initial',NULL);
INSERT INTO "prompt_history" VALUES('78e41ab5a306b97ab20ea708ecc8c791','pending',1,'skills/pending.md','2024-09-15 09:15:54.000000',NULL,NULL,NULL,'initial',NULL);
CREATE TABLE prompt_variants (
	id VARCHAR NOT NULL, 
	session_id VARCHAR NOT NULL, 
	variant_letter VARCHAR NOT NULL, 
	prompt_template VARCHAR NOT NULL, 
	reasoning VARCHAR NOT NULL, 
	votes INTEGER NOT NULL, 
	accuracy FLOAT, 
	accuracy_n INTEGER NOT NULL, 
	role VARCHAR NOT NULL, 
	demonstrations JSON NOT NULL, 
	calibration JSON NOT NULL, 
	prompt_hash VARCHAR NOT NULL, 
	candidate_id VARCHAR, 
	status VARCHAR NOT NULL, 
	CONSTRAINT pk_prompt_variants PRIMARY KEY (id), 
	CONSTRAINT fk_prompt_variants_session_id_prompt_evolution_sessions FOREIGN KEY(session_id) REFERENCES prompt_evolution_sessions (id)
);
INSERT INTO "prompt_variants" VALUES('9017c02227603e6dbd3d9c4dc580de59','90627dbc9ebc59849e801d477e558991','','Good or bad?','',0,0.5,100,'incumbent','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'archived');
INSERT INTO "prompt_variants" VALUES('2543b81abafaebf1a5a5b7ccbb38f7f3','90627dbc9ebc59849e801d477e558991','A','Good or bad? Answer with exactly one of: bad, good.','Made by cross demonstrations in generation 0; 3 demonstrations; fixes 6 of the examples the incumbent fails and breaks 0; 90% right on the last 10 examples.',6,0.9,100,'challenger','[{"inputs": {"text": "comment 112"}, "output": "good"}, {"inputs": {"text": "comment 103"}, "output": "bad"}, {"inputs": {"text": "comment 115"}, "output": "bad"}]','{}','e0d1413399c4f70ae39e58c3f62f005b7c71ccb043c3732e006691976b669296','5adc2570a89e372f7746f682dedf5790','won');
INSERT INTO "prompt_variants" VALUES('41ec965cfc09a550da0d2c1efa81dee5','90627dbc9ebc59849e801d477e558991','B','Good or bad? Answer with exactly one of: bad, good.','Made by cross demonstrations in generation 0; 1 demonstrations; fixes 6 of the examples the incumbent fails and breaks 0; 90% right on the last 10 examples.',0,0.9,100,'challenger','[{"inputs": {"text": "comment 115"}, "output": "bad"}]','{}','c8f06ec44401f6ad6cf5ef4902d2f52e5e3fca9e47f6ed4307ede262d5646401','d6b233a7438aa5e4c424d072ba75c4fa','archived');
INSERT INTO "prompt_variants" VALUES('31d0b664058948779b0252440950fd13','1db53334fb0343a19576d4155ec17dbe','','Good or bad?','',1,NULL,0,'incumbent','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'open');
INSERT INTO "prompt_variants" VALUES('b7d6467b2f5a422ab87f43fdf6062541','1db53334fb0343a19576d4155ec17dbe','A','Read the comment slowly and say whether its writer feels good or bad.','Written by hand: better.md',3,NULL,0,'challenger','[]','{}','e4d4f4e3152bbfd4725ac7eee73b8708bee373a98b3f3ea6b918b57224e7f939',NULL,'open');
INSERT INTO "prompt_variants" VALUES('9edfa3da6cf54b158b53031d05d51433','ade9b2b4efdd45f88fa34266ccfdba9b','','Good or bad?','',0,NULL,0,'incumbent','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'open');
INSERT INTO "prompt_variants" VALUES('11ebcd49428a4c2295fdb76a19fbeb1d','ade9b2b4efdd45f88fa34266ccfdba9b','A','Read the comment slowly and say whether its writer feels good or bad.','Written by hand: better.md',0,NULL,0,'challenger','[]','{}','e4d4f4e3152bbfd4725ac7eee73b8708bee373a98b3f3ea6b918b57224e7f939',NULL,'open');
INSERT INTO "prompt_variants" VALUES('e66cd36e68ef4f5fae68690a78bc7175','0361524c2cc04859aa6524ab713b7e05','','Good or bad?','',0,0.65,100,'incumbent','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'open');
INSERT INTO "prompt_variants" VALUES('eae2025e82334e239ff3334b91b15f5d','0361524c2cc04859aa6524ab713b7e05','A','Read the comment slowly and say whether its writer feels good or bad.','Written by hand: better.md',5,0.65,100,'challenger','[]','{}','e4d4f4e3152bbfd4725ac7eee73b8708bee373a98b3f3ea6b918b57224e7f939',NULL,'open');
INSERT INTO "prompt_variants" VALUES('753c7c99032f46cab0d9c2aa8f837ef7','27460f22403d4f83a859890cd670f668','','Good or bad?','',0,NULL,0,'incumbent','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'archived');
INSERT INTO "prompt_variants" VALUES('bd30291a55fe408e943e2e04bdd7d19b','27460f22403d4f83a859890cd670f668','A','Read the comment slowly and say whether its writer feels good or bad.','Written by hand: better.md',0,NULL,0,'challenger','[]','{}','e4d4f4e3152bbfd4725ac7eee73b8708bee373a98b3f3ea6b918b57224e7f939',NULL,'won');
INSERT INTO "prompt_variants" VALUES('df26f51766fa498988135d586a1689ad','dfe1b30791724f0aac7c8803e01bbf50','','Good or bad?','',0,NULL,0,'incumbent','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'open');
INSERT INTO "prompt_variants" VALUES('c5adf6816b10453a9145de05b3ab1b2c','dfe1b30791724f0aac7c8803e01bbf50','A','Read the comment slowly and say whether its writer feels good or bad.','Written by hand: better.md',0,NULL,0,'challenger','[]','{}','e4d4f4e3152bbfd4725ac7eee73b8708bee373a98b3f3ea6b918b57224e7f939',NULL,'open');
INSERT INTO "prompt_variants" VALUES('e28bc9ff870f484cb244f536285e25b4','b3969057425c4200905ada6b720299e3','','Good or bad?','',0,NULL,0,'incumbent','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'open');
INSERT INTO "prompt_variants" VALUES('9a9e43108fb84baba8754cd37cbd7025','b3969057425c4200905ada6b720299e3','A','Read the comment slowly and say whether its writer feels good or bad.','Written by hand: better.md',14,NULL,0,'challenger','[]','{}','e4d4f4e3152bbfd4725ac7eee73b8708bee373a98b3f3ea6b918b57224e7f939',NULL,'open');
CREATE TABLE prompt_versions (
	skill VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	text VARCHAR NOT NULL, 
	demonstrations JSON NOT NULL, 
	calibration JSON NOT NULL, 
	hash VARCHAR NOT NULL, 
	parent INTEGER, 
	source VARCHAR NOT NULL, 
	path VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_prompt_versions PRIMARY KEY (skill, number)
);
INSERT INTO "prompt_versions" VALUES('half',1,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'initial','skills/half.md','2024-09-15 09:00:02.000000');
INSERT INTO "prompt_versions" VALUES('promoted',1,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'initial','skills/promoted.md','2024-09-15 09:03:08.000000');
INSERT INTO "prompt_versions" VALUES('promoted',2,'Good or bad? Answer with exactly one of: bad, good.','[{"inputs": {"text": "comment 112"}, "output": "good"}, {"inputs": {"text": "comment 103"}, "output": "bad"}, {"inputs": {"text": "comment 115"}, "output": "bad"}]','{}','e0d1413399c4f70ae39e58c3f62f005b7c71ccb043c3732e006691976b669296',1,'evolution','skills/promoted-v2.md','2024-09-15 09:12:14.000000');
INSERT INTO "prompt_versions" VALUES('picks',1,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'initial','skills/picks.md','2024-09-15 09:13:00.000000');
INSERT INTO "prompt_versions" VALUES('single',1,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'initial','skills/single.md','2024-09-15 09:13:39.000000');
INSERT INTO "prompt_versions" VALUES('review',1,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'initial','skills/review.md','2024-09-15 09:14:54.000000');
INSERT INTO "prompt_versions" VALUES('returned',1,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'initial','skills/returned.md','2024-09-15 09:15:31.000000');
INSERT INTO "prompt_versions" VALUES('returned',2,'Read the comment slowly and say whether its writer feels good or bad.','[]','{}','e4d4f4e3152bbfd4725ac7eee73b8708bee373a98b3f3ea6b918b57224e7f939',1,'evolution','skills/returned-v2.md','2024-09-15 09:15:37.000000');
INSERT INTO "prompt_versions" VALUES('returned',3,'Good or bad, do you think?','[]','{}','760dfa7a7cda23d6b8b6cac4aa02aeaeea44764522721c69f9331dbb5bfe99fc',2,'manual','skills/returned-v3.md','2024-09-15 09:15:40.000000');
INSERT INTO "prompt_versions" VALUES('returned',4,'Read the comment slowly and say whether its writer feels good or bad.','[]','{}','e4d4f4e3152bbfd4725ac7eee73b8708bee373a98b3f3ea6b918b57224e7f939',3,'rollback','skills/returned-v4.md','2024-09-15 09:15:43.000000');
INSERT INTO "prompt_versions" VALUES('returned',5,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',4,'rollback','skills/returned-v5.md','2024-09-15 09:15:46.000000');
INSERT INTO "prompt_versions" VALUES('people',1,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'initial','skills/people.md','2024-09-15 09:15:50.000000');
INSERT INTO "prompt_versions" VALUES('pending',1,'Good or bad?','[]','{}','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',NULL,'initial','skills/pending.md','2024-09-15 09:15:54.000000');
CREATE TABLE task_counts (
	skill VARCHAR NOT NULL, 
	prompt_version INTEGER NOT NULL, 
	hour DATETIME NOT NULL, 
	tasks INTEGER NOT NULL, 
	successes INTEGER NOT NULL, 
	failures INTEGER NOT NULL, 
	violations INTEGER NOT NULL, 
	CONSTRAINT pk_task_counts PRIMARY KEY (skill, prompt_version, hour)
);
INSERT INTO "task_counts" VALUES('half',1,'2024-09-15 09:00:00.000000',44,20,24,0);
INSERT INTO "task_counts" VALUES('promoted',1,'2024-09-15 09:00:00.000000',2,2,0,0);
INSERT INTO "task_counts" VALUES('promoted',2,'2024-09-15 09:00:00.000000',8,5,3,0);
INSERT INTO "task_counts" VALUES('single',1,'2024-09-15 09:00:00.000000',8,4,2,0);
CREATE TABLE task_history (
	id VARCHAR NOT NULL, 
	skill VARCHAR NOT NULL, 
	prompt_version INTEGER, 
	variant_id VARCHAR, 
	inputs JSON NOT NULL, 
	output VARCHAR, 
	violation VARCHAR, 
	latency_ms FLOAT, 
	model VARCHAR, 
	prompt_tokens INTEGER, 
	completion_tokens INTEGER, 
	user VARCHAR, 
	created_at DATETIME NOT NULL, 
	success BOOLEAN, 
	outcome_source VARCHAR, 
	CONSTRAINT pk_task_history PRIMARY KEY (id)
);
INSERT INTO "task_history" VALUES('half-80','half',1,NULL,'{"text": "comment 80"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:03.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-81','half',1,NULL,'{"text": "comment 81"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:06.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-82','half',1,NULL,'{"text": "comment 82"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:09.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-83','half',1,NULL,'{"text": "comment 83"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:12.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-84','half',1,NULL,'{"text": "comment 84"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:15.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-85','half',1,NULL,'{"text": "comment 85"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:18.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-86','half',1,NULL,'{"text": "comment 86"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:21.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-87','half',1,NULL,'{"text": "comment 87"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:24.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-88','half',1,NULL,'{"text": "comment 88"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:27.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-89','half',1,NULL,'{"text": "comment 89"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:30.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-90','half',1,NULL,'{"text": "comment 90"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:33.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-91','half',1,NULL,'{"text": "comment 91"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:36.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-92','half',1,NULL,'{"text": "comment 92"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:39.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-93','half',1,NULL,'{"text": "comment 93"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:42.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-94','half',1,NULL,'{"text": "comment 94"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:45.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-95','half',1,NULL,'{"text": "comment 95"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:48.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-96','half',1,NULL,'{"text": "comment 96"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:51.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-97','half',1,NULL,'{"text": "comment 97"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:54.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-98','half',1,NULL,'{"text": "comment 98"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:00:57.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-99','half',1,NULL,'{"text": "comment 99"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:00.000000',1,'feedback');
INSERT INTO "task_history" VALUES('half-100','half',1,NULL,'{"text": "comment 100"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:03.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-101','half',1,NULL,'{"text": "comment 101"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:06.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-102','half',1,NULL,'{"text": "comment 102"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:09.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-103','half',1,NULL,'{"text": "comment 103"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:12.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-104','half',1,NULL,'{"text": "comment 104"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:15.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-105','half',1,NULL,'{"text": "comment 105"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:18.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-106','half',1,NULL,'{"text": "comment 106"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:21.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-107','half',1,NULL,'{"text": "comment 107"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:24.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-108','half',1,NULL,'{"text": "comment 108"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:27.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-109','half',1,NULL,'{"text": "comment 109"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:30.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-110','half',1,NULL,'{"text": "comment 110"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:33.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-111','half',1,NULL,'{"text": "comment 111"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:36.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-112','half',1,NULL,'{"text": "comment 112"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:39.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-113','half',1,NULL,'{"text": "comment 113"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:42.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-114','half',1,NULL,'{"text": "comment 114"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:45.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-115','half',1,NULL,'{"text": "comment 115"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:48.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-116','half',1,NULL,'{"text": "comment 116"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:51.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-117','half',1,NULL,'{"text": "comment 117"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:54.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-118','half',1,NULL,'{"text": "comment 118"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:01:57.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-119','half',1,NULL,'{"text": "comment 119"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:02:00.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-120','half',1,NULL,'{"text": "comment 120"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:02:03.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-121','half',1,NULL,'{"text": "comment 121"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:02:06.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-122','half',1,NULL,'{"text": "comment 122"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:02:09.000000',0,'feedback');
INSERT INTO "task_history" VALUES('half-123','half',1,NULL,'{"text": "comment 123"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:02:12.000000',0,'feedback');
INSERT INTO "task_history" VALUES('promoted-100','promoted',1,NULL,'{"text": "comment 100"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:19.000000',1,'feedback');
INSERT INTO "task_history" VALUES('promoted-101','promoted',2,NULL,'{"text": "comment 101"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:23.000000',1,'feedback');
INSERT INTO "task_history" VALUES('promoted-102','promoted',2,NULL,'{"text": "comment 102"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:27.000000',0,'feedback');
INSERT INTO "task_history" VALUES('promoted-103','promoted',1,NULL,'{"text": "comment 103"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:31.000000',1,'feedback');
INSERT INTO "task_history" VALUES('promoted-104','promoted',2,NULL,'{"text": "comment 104"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:35.000000',1,'feedback');
INSERT INTO "task_history" VALUES('promoted-105','promoted',2,NULL,'{"text": "comment 105"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:39.000000',0,'feedback');
INSERT INTO "task_history" VALUES('promoted-106','promoted',2,NULL,'{"text": "comment 106"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:43.000000',1,'feedback');
INSERT INTO "task_history" VALUES('promoted-107','promoted',2,NULL,'{"text": "comment 107"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:47.000000',1,'feedback');
INSERT INTO "task_history" VALUES('promoted-108','promoted',2,NULL,'{"text": "comment 108"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:51.000000',0,'feedback');
INSERT INTO "task_history" VALUES('promoted-109','promoted',2,NULL,'{"text": "comment 109"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:12:55.000000',1,'feedback');
INSERT INTO "task_history" VALUES('single-0','single',NULL,'11ebcd49428a4c2295fdb76a19fbeb1d','{"text": "comment 0"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:13:45.000000',0,'feedback');
INSERT INTO "task_history" VALUES('single-1','single',1,'9edfa3da6cf54b158b53031d05d51433','{"text": "comment 1"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:13:52.000000',1,'feedback');
INSERT INTO "task_history" VALUES('single-2','single',1,'9edfa3da6cf54b158b53031d05d51433','{"text": "comment 2"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:13:59.000000',1,'feedback');
INSERT INTO "task_history" VALUES('single-3','single',1,'9edfa3da6cf54b158b53031d05d51433','{"text": "comment 3"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:05.000000',1,'feedback');
INSERT INTO "task_history" VALUES('single-4','single',1,'9edfa3da6cf54b158b53031d05d51433','{"text": "comment 4"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:11.000000',0,'feedback');
INSERT INTO "task_history" VALUES('single-5','single',1,'9edfa3da6cf54b158b53031d05d51433','{"text": "comment 5"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:17.000000',1,'feedback');
INSERT INTO "task_history" VALUES('single-6','single',NULL,'11ebcd49428a4c2295fdb76a19fbeb1d','{"text": "comment 6"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:22.000000',1,'feedback');
INSERT INTO "task_history" VALUES('single-7','single',NULL,'11ebcd49428a4c2295fdb76a19fbeb1d','{"text": "comment 7"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:28.000000',1,'feedback');
INSERT INTO "task_history" VALUES('single-8','single',1,'9edfa3da6cf54b158b53031d05d51433','{"text": "comment 8"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:33.000000',0,'feedback');
INSERT INTO "task_history" VALUES('single-9','single',NULL,'11ebcd49428a4c2295fdb76a19fbeb1d','{"text": "comment 9"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:39.000000',1,'feedback');
INSERT INTO "task_history" VALUES('single-10','single',1,'9edfa3da6cf54b158b53031d05d51433','{"text": "comment 10"}','good',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:46.000000',NULL,NULL);
INSERT INTO "task_history" VALUES('single-11','single',1,'9edfa3da6cf54b158b53031d05d51433','{"text": "comment 11"}','bad',NULL,4.0,'small',20,1,NULL,'2024-09-15 09:14:49.000000',NULL,NULL);
CREATE TABLE test_reads (
	id VARCHAR NOT NULL, 
	skill VARCHAR NOT NULL, 
	session_id VARCHAR, 
	prompt_hash VARCHAR NOT NULL, 
	n INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_test_reads PRIMARY KEY (id)
);
INSERT INTO "test_reads" VALUES('df43eeaf6de0d5a9bebddeff3bef6ba6','promoted','90627dbc9ebc59849e801d477e558991','2fed961f328ab5c0bf02ddaae63d64f6984fd6321a7e9383bb9dfb8bbb912a63',100,'2024-09-15 09:06:33.000000');
INSERT INTO "test_reads" VALUES('00fdf7c73c12acab8486c523cc8c5536','promoted','90627dbc9ebc59849e801d477e558991','e0d1413399c4f70ae39e58c3f62f005b7c71ccb043c3732e006691976b669296',100,'2024-09-15 09:08:14.000000');
INSERT INTO "test_reads" VALUES('d3285d593e1c5b32be8f77bdc479dc27','promoted','90627dbc9ebc59849e801d477e558991','c8f06ec44401f6ad6cf5ef4902d2f52e5e3fca9e47f6ed4307ede262d5646401',100,'2024-09-15 09:09:55.000000');
CREATE TABLE votes (
	sequence INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	ballot_id VARCHAR NOT NULL, 
	answer VARCHAR NOT NULL, 
	position INTEGER, 
	user VARCHAR, 
	excluded VARCHAR, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_votes PRIMARY KEY (sequence), 
	CONSTRAINT fk_votes_ballot_id_ballots FOREIGN KEY(ballot_id) REFERENCES ballots (id), 
	CONSTRAINT uq_votes_ballot_id UNIQUE (ballot_id), 
	CONSTRAINT uq_votes_id UNIQUE (id)
);
INSERT INTO "votes" VALUES(1,'vote-promoted-0','32232e6240ba71b512eac6f903c84507','pick',2,NULL,NULL,'2024-09-15 09:11:41.000000');
INSERT INTO "votes" VALUES(2,'vote-promoted-1','b2e882b3463ea2cbf9c59ce6efdd263f','pick',2,NULL,NULL,'2024-09-15 09:11:47.000000');
INSERT INTO "votes" VALUES(3,'vote-promoted-2','e2ace33de4a45b44f19a5e6d891308ce','pick',1,NULL,NULL,'2024-09-15 09:11:53.000000');
INSERT INTO "votes" VALUES(4,'vote-promoted-3','60faa35e8c58a9f5427927625778f438','pick',1,NULL,NULL,'2024-09-15 09:11:59.000000');
INSERT INTO "votes" VALUES(5,'vote-promoted-4','3eb1ae4eef3a5d66031bd07bdcb4b8cf','pick',1,NULL,NULL,'2024-09-15 09:12:05.000000');
INSERT INTO "votes" VALUES(6,'vote-promoted-5','583b16ddc0da4d58d0ed3e48a8909af0','pick',2,NULL,NULL,'2024-09-15 09:12:11.000000');
INSERT INTO "votes" VALUES(7,'vote-picks-0','07791910c789be1383f317bcce3c2baa','pick',0,NULL,NULL,'2024-09-15 09:13:07.000000');
INSERT INTO "votes" VALUES(8,'vote-picks-1','dc1fd5f5f9a4d0c844fde438d14fda72','pick',1,NULL,NULL,'2024-09-15 09:13:13.000000');
INSERT INTO "votes" VALUES(9,'vote-picks-2','ec506553979a3b3a1240dee2c6a5550c','pick',0,NULL,NULL,'2024-09-15 09:13:19.000000');
INSERT INTO "votes" VALUES(10,'vote-picks-3','e5b05a0aa31a759ea4aa3cc8eeb889a1','skip',NULL,NULL,NULL,'2024-09-15 09:13:25.000000');
INSERT INTO "votes" VALUES(11,'vote-picks-4','eeacfae51235a8b0dcba4650d964f04a','pick',1,NULL,NULL,'2024-09-15 09:13:31.000000');
INSERT INTO "votes" VALUES(12,'vote-review-0','28f3955a7978c68df922869049771b91','pick',0,NULL,NULL,'2024-09-15 09:15:01.000000');
INSERT INTO "votes" VALUES(13,'vote-review-1','26e47ff99234c60c73d868b2a7d22b22','pick',0,NULL,NULL,'2024-09-15 09:15:07.000000');
INSERT INTO "votes" VALUES(14,'vote-review-2','38a931016dc213efb6cafd63b68a3140','pick',0,NULL,NULL,'2024-09-15 09:15:13.000000');
INSERT INTO "votes" VALUES(15,'vote-review-3','b52c8949b127df28c9de8b1670290251','pick',0,NULL,NULL,'2024-09-15 09:15:19.000000');
INSERT INTO "votes" VALUES(16,'vote-review-4','2544dd54826fce1f921e1d0022af1ba8','pick',0,NULL,NULL,'2024-09-15 09:15:25.000000');
INSERT INTO "votes" VALUES(17,'vote-pending-0','ce6f05e634c12ae5d0dadccd7398553c','pick',1,NULL,NULL,'2024-09-15 09:16:01.000000');
INSERT INTO "votes" VALUES(18,'vote-pending-1','405af2fd7edb922651e8b7415003da88','pick',1,NULL,NULL,'2024-09-15 09:16:07.000000');
INSERT INTO "votes" VALUES(19,'vote-pending-2','5dc63dcd1fb18e48d0c1c6c25f5e43ba','pick',1,NULL,NULL,'2024-09-15 09:16:13.000000');
INSERT INTO "votes" VALUES(20,'vote-pending-3','f880dc8ab88d734420dd12b9e9f58012','pick',0,NULL,NULL,'2024-09-15 09:16:19.000000');
INSERT INTO "votes" VALUES(21,'vote-pending-4','76bdfe8577390a1aef36484c057759ab','pick',1,NULL,NULL,'2024-09-15 09:16:25.000000');
INSERT INTO "votes" VALUES(22,'vote-pending-5','ea888ba527d86bd039439be797b3aef1','pick',0,NULL,NULL,'2024-09-15 09:16:31.000000');
INSERT INTO "votes" VALUES(23,'vote-pending-6','aa7112a160ae2f922dc558af5d7c04f6','pick',1,NULL,NULL,'2024-09-15 09:16:37.000000');
INSERT INTO "votes" VALUES(24,'vote-pending-7','0baf9fd97a12dd7111872278b6b06513','pick',0,NULL,NULL,'2024-09-15 09:16:43.000000');
INSERT INTO "votes" VALUES(25,'vote-pending-8','c8c04e55cf8b87336c27db336281f0d3','pick',0,NULL,NULL,'2024-09-15 09:16:49.000000');
INSERT INTO "votes" VALUES(26,'vote-pending-9','4e59e8575423efcab192bc2b9d9c23c8','pick',1,NULL,NULL,'2024-09-15 09:16:55.000000');
INSERT INTO "votes" VALUES(27,'vote-pending-10','8404d8f64004a4a11e00cf62b809ea73','pick',1,NULL,NULL,'2024-09-15 09:17:01.000000');
INSERT INTO "votes" VALUES(28,'vote-pending-11','455d204f543d915bf6c4d8cb867acd90','pick',1,NULL,NULL,'2024-09-15 09:17:07.000000');
INSERT INTO "votes" VALUES(29,'vote-pending-12','ca561741535710f3e08727cebaaa7fbf','pick',1,NULL,NULL,'2024-09-15 09:17:13.000000');
INSERT INTO "votes" VALUES(30,'vote-pending-13','b7ad3f7e5db89619f195e0b93a9c43cc','pick',1,NULL,NULL,'2024-09-15 09:17:19.000000');
CREATE TABLE watches (
	skill VARCHAR NOT NULL, 
	since DATETIME NOT NULL, 
	looked_at DATETIME NOT NULL, 
	failures INTEGER NOT NULL, 
	error VARCHAR, 
	retry_at DATETIME, 
	checked_at DATETIME, 
	CONSTRAINT pk_watches PRIMARY KEY (skill)
);
CREATE INDEX ix_feedback_task_id ON feedback (task_id);
CREATE INDEX ix_feedback_created_at ON feedback (created_at);
CREATE INDEX ix_feedback_standing ON feedback (skill, standing, settled_at);
CREATE INDEX ix_prompt_evolution_sessions_skill_triggered_at ON prompt_evolution_sessions (skill, triggered_at);
CREATE INDEX ix_prompt_history_skill_active_from ON prompt_history (skill, active_from);
CREATE INDEX ix_task_history_skill_created_at ON task_history (skill, created_at);
CREATE INDEX ix_task_history_known ON task_history (skill, prompt_version, created_at) WHERE success IS NOT NULL;
CREATE INDEX ix_task_history_failed ON task_history (skill, created_at) WHERE success IS 0;
CREATE INDEX ix_test_reads_skill ON test_reads (skill);
CREATE INDEX ix_ballots_session_id ON ballots (session_id);
CREATE INDEX ix_evaluations_key ON evaluations ("key");
CREATE INDEX ix_prompt_candidates_session_id ON prompt_candidates (session_id);
CREATE INDEX ix_prompt_variants_session_id ON prompt_variants (session_id);
CREATE INDEX ix_ab_test_results_session_id ON ab_test_results (session_id);
CREATE INDEX ix_assignments_session_id ON assignments (session_id);
CREATE INDEX ix_holdbacks_skill_began_at ON holdbacks (skill, began_at);
CREATE INDEX ix_daemon_events_skill ON daemon_events (skill);
