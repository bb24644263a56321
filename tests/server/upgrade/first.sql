BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE api_keys (
	project_id INTEGER,
	user_id INTEGER,
	name VARCHAR(200) NOT NULL,
	scope VARCHAR(40) NOT NULL,
	prefix VARCHAR(16) NOT NULL,
	secret_hash VARCHAR(64) NOT NULL,
	expires_at DATETIME,
	last_used_at DATETIME,
	revoked_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_api_keys PRIMARY KEY (id),
	CONSTRAINT fk_api_keys_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE,
	CONSTRAINT fk_api_keys_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT uq_api_keys_secret_hash UNIQUE (secret_hash)
);
INSERT INTO "api_keys" VALUES(1,1,'board','ingestion','tsk_LM8sj3','52a6b8072de60b23c1bd517e6662d08c1f4a5ac10a07ce3efd0e6a7fe643b2a1',NULL,NULL,NULL,1,'2026-11-22 23:49:23.601508');
CREATE TABLE artifacts (
	project_id INTEGER NOT NULL,
	job_id INTEGER,
	kind VARCHAR(40) NOT NULL,
	"key" VARCHAR(200) NOT NULL,
	file_name TEXT NOT NULL,
	blob_hash VARCHAR(64),
	size_bytes BIGINT NOT NULL,
	document JSON,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_artifacts PRIMARY KEY (id),
	CONSTRAINT fk_artifacts_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE TABLE audit_events (
	at DATETIME NOT NULL,
	user_id INTEGER,
	api_key_id INTEGER,
	address VARCHAR(64) NOT NULL,
	action VARCHAR(80) NOT NULL,
	subject VARCHAR(200) NOT NULL,
	organization_id INTEGER,
	project_id INTEGER,
	detail JSON NOT NULL,
	id INTEGER NOT NULL,
	CONSTRAINT pk_audit_events PRIMARY KEY (id),
	CONSTRAINT fk_audit_events_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE TABLE collaborators (
	project_id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	role VARCHAR(20) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_collaborators PRIMARY KEY (project_id, user_id),
	CONSTRAINT fk_collaborators_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE,
	CONSTRAINT fk_collaborators_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "collaborators" VALUES(1,1,'owner','2026-11-22 23:49:23.499967');
CREATE TABLE deployments (
	project_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	impulse_id INTEGER,
	model_id INTEGER,
	job_id INTEGER,
	form VARCHAR(80) NOT NULL,
	target VARCHAR(80) NOT NULL,
	variant VARCHAR(10) NOT NULL,
	memory VARCHAR(20) NOT NULL,
	file_name VARCHAR(300) NOT NULL,
	blob_hash VARCHAR(64) NOT NULL,
	size_bytes BIGINT NOT NULL,
	report JSON NOT NULL,
	created_by INTEGER,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_deployments PRIMARY KEY (id),
	CONSTRAINT fk_deployments_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE,
	CONSTRAINT uq_deployments_project_id_number UNIQUE (project_id, number)
);
INSERT INTO "deployments" VALUES(1,1,1,1,3,'cpp-library','host','int8','balanced','tones-int8-host-v1.zip','c6e77017d6058e98f2539a49e34873dff2c6fa7852aa2666f06c1170b3f0c7ab',16273,'{"schema_version": 1, "impulse": "Tones", "variant": "int8", "tinsmith": "0.1.0", "compiler": "zig 0.17.1", "optimise": "-O1", "target": "host", "target_title": "This computer", "sources_sha256": "84bd24e92bb40fbef18df5207908cbeee1461bf1c7ea5c02b12923f8f1cd32ac", "windows_compared": 4, "features_bit_identical": true, "values_bit_identical": true, "agreement": 1.0, "quality": {"metric": "accuracy", "value": 0.5, "windows": 4}, "instructions": null, "trace": [], "memory": {"features": 28, "values": 8, "scratch": 160, "static_ram": null, "stack": null, "flash": null}}',1,1,'2026-11-22 23:49:31.763448');
CREATE TABLE devices (
	project_id INTEGER NOT NULL,
	identifier VARCHAR(200) NOT NULL,
	name VARCHAR(200) NOT NULL,
	type VARCHAR(200) NOT NULL,
	sensors JSON NOT NULL,
	facts JSON NOT NULL,
	connected BOOLEAN NOT NULL,
	last_seen_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_devices PRIMARY KEY (id),
	CONSTRAINT fk_devices_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE TABLE hmac_keys (
	project_id INTEGER NOT NULL,
	name VARCHAR(200) NOT NULL,
	secret VARCHAR(200) NOT NULL,
	last_used_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_hmac_keys PRIMARY KEY (id),
	CONSTRAINT fk_hmac_keys_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE TABLE impulses (
	project_id INTEGER NOT NULL,
	name VARCHAR(200) NOT NULL,
	design JSON NOT NULL,
	is_default BOOLEAN NOT NULL,
	model_id INTEGER,
	deleted_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	revision INTEGER NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_impulses PRIMARY KEY (id),
	CONSTRAINT fk_impulses_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "impulses" VALUES(1,'Tones','{"schema_version": 1, "name": "Tones", "input": {"type": "time-series", "window_ms": 400.0, "stride_ms": 400.0, "interval_ms": 10.0, "axes": [], "zero_pad": true, "label_rule": "majority", "group_key": ""}, "processing": [{"id": "statistics", "type": "flatten", "axes": [], "normalize": true, "parameters": {}}], "learning": [{"id": "network", "type": "classification", "inputs": [], "network": [{"type": "dense", "units": 4}], "training": {"epochs": 2, "threads": 1}, "augmentation": {}, "axes": [], "clusters": 32}]}',1,1,NULL,1,'2026-11-22 23:49:23.622349',1,'2026-11-22 23:49:27.736726');
CREATE TABLE invitations (
	organization_id INTEGER,
	project_id INTEGER,
	email VARCHAR(320) NOT NULL,
	role VARCHAR(20) NOT NULL,
	secret_hash VARCHAR(64) NOT NULL,
	invited_by INTEGER,
	expires_at DATETIME NOT NULL,
	accepted_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_invitations PRIMARY KEY (id),
	CONSTRAINT fk_invitations_invited_by_users FOREIGN KEY(invited_by) REFERENCES users (id) ON DELETE SET NULL,
	CONSTRAINT fk_invitations_organization_id_organizations FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
	CONSTRAINT fk_invitations_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE,
	CONSTRAINT uq_invitations_secret_hash UNIQUE (secret_hash)
);
CREATE TABLE job_events (
	job_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	at DATETIME NOT NULL,
	kind VARCHAR(12) NOT NULL,
	data JSON NOT NULL,
	CONSTRAINT pk_job_events PRIMARY KEY (job_id, number),
	CONSTRAINT fk_job_events_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "job_events" VALUES(1,1,'2026-11-22 23:49:23.653144','state','{"state": "queued"}');
INSERT INTO "job_events" VALUES(1,2,'2026-11-22 23:49:23.658285','state','{"state": "running"}');
INSERT INTO "job_events" VALUES(1,3,'2026-11-22 23:49:24.527284','log','{"text": "Training ''Tones'' on 16 recordings"}');
INSERT INTO "job_events" VALUES(1,4,'2026-11-22 23:49:24.533498','progress','{"stage": "features", "done": 0, "total": 16, "note": "0 computed, 0 from the cache"}');
INSERT INTO "job_events" VALUES(1,5,'2026-11-22 23:49:24.594895','progress','{"stage": "features", "done": 16, "total": 16, "note": "16 computed, 0 from the cache"}');
INSERT INTO "job_events" VALUES(1,6,'2026-11-22 23:49:27.701275','progress','{"stage": "train", "done": 1, "total": 2, "note": "validation accuracy 0.000, training 0.500"}');
INSERT INTO "job_events" VALUES(1,7,'2026-11-22 23:49:27.703223','progress','{"stage": "train", "done": 2, "total": 2, "note": "validation accuracy 0.000, training 0.500"}');
INSERT INTO "job_events" VALUES(1,8,'2026-11-22 23:49:27.704875','progress','{"stage": "quantise", "done": 0, "total": 1, "note": ""}');
INSERT INTO "job_events" VALUES(1,9,'2026-11-22 23:49:27.718103','progress','{"stage": "quantise", "done": 1, "total": 1, "note": ""}');
INSERT INTO "job_events" VALUES(1,10,'2026-11-22 23:49:27.718857','metric','{"name": "epoch", "values": {"loss": 0.8126721382141113, "metric": 0.5, "validation_loss": 0.8981224894523621, "validation_metric": 0.0}}');
INSERT INTO "job_events" VALUES(1,11,'2026-11-22 23:49:27.718861','metric','{"name": "epoch", "values": {"loss": 0.8063929080963135, "metric": 0.5, "validation_loss": 0.8931739330291748, "validation_metric": 0.0}}');
INSERT INTO "job_events" VALUES(1,12,'2026-11-22 23:49:27.718868','progress','{"stage": "storing", "done": 0, "total": 1, "note": ""}');
INSERT INTO "job_events" VALUES(1,13,'2026-11-22 23:49:27.737433','state','{"state": "succeeded", "error": null}');
INSERT INTO "job_events" VALUES(2,1,'2026-11-22 23:49:27.753133','state','{"state": "queued"}');
INSERT INTO "job_events" VALUES(2,2,'2026-11-22 23:49:29.020526','state','{"state": "running"}');
INSERT INTO "job_events" VALUES(2,3,'2026-11-22 23:49:30.084728','log','{"text": "Testing float32 on 4 recordings"}');
INSERT INTO "job_events" VALUES(2,4,'2026-11-22 23:49:30.102425','progress','{"stage": "windows", "done": 1, "total": 4, "note": "loud.testing0"}');
INSERT INTO "job_events" VALUES(2,5,'2026-11-22 23:49:30.103618','progress','{"stage": "windows", "done": 4, "total": 4, "note": "quiet.testing1"}');
INSERT INTO "job_events" VALUES(2,6,'2026-11-22 23:49:30.104173','progress','{"stage": "test", "done": 0, "total": 4, "note": ""}');
INSERT INTO "job_events" VALUES(2,7,'2026-11-22 23:49:30.209503','progress','{"stage": "test", "done": 4, "total": 4, "note": ""}');
INSERT INTO "job_events" VALUES(2,8,'2026-11-22 23:49:30.210977','log','{"text": "Testing int8 on 4 recordings"}');
INSERT INTO "job_events" VALUES(2,9,'2026-11-22 23:49:30.217093','progress','{"stage": "windows", "done": 1, "total": 4, "note": "loud.testing0"}');
INSERT INTO "job_events" VALUES(2,10,'2026-11-22 23:49:30.217298','progress','{"stage": "windows", "done": 4, "total": 4, "note": "quiet.testing1"}');
INSERT INTO "job_events" VALUES(2,11,'2026-11-22 23:49:30.217716','progress','{"stage": "test", "done": 0, "total": 4, "note": ""}');
INSERT INTO "job_events" VALUES(2,12,'2026-11-22 23:49:30.241351','progress','{"stage": "test", "done": 4, "total": 4, "note": ""}');
INSERT INTO "job_events" VALUES(2,13,'2026-11-22 23:49:30.256347','state','{"state": "succeeded", "error": null}');
INSERT INTO "job_events" VALUES(3,1,'2026-11-22 23:49:30.436466','state','{"state": "queued"}');
INSERT INTO "job_events" VALUES(3,2,'2026-11-22 23:49:30.692049','state','{"state": "running"}');
INSERT INTO "job_events" VALUES(3,3,'2026-11-22 23:49:31.581902','progress','{"stage": "windows", "done": 1, "total": 4, "note": "loud.testing0"}');
INSERT INTO "job_events" VALUES(3,4,'2026-11-22 23:49:31.582918','progress','{"stage": "windows", "done": 4, "total": 4, "note": "quiet.testing1"}');
INSERT INTO "job_events" VALUES(3,5,'2026-11-22 23:49:31.583372','log','{"text": "Building and verifying tones-int8-host"}');
INSERT INTO "job_events" VALUES(3,6,'2026-11-22 23:49:31.681794','progress','{"stage": "build", "done": 0, "total": 2, "note": "host"}');
INSERT INTO "job_events" VALUES(3,7,'2026-11-22 23:49:31.693848','progress','{"stage": "verify", "done": 0, "total": 4, "note": "This computer"}');
INSERT INTO "job_events" VALUES(3,8,'2026-11-22 23:49:31.699814','progress','{"stage": "verify", "done": 4, "total": 4, "note": "This computer"}');
INSERT INTO "job_events" VALUES(3,9,'2026-11-22 23:49:31.700501','progress','{"stage": "package", "done": 0, "total": 1, "note": "C and C++ library"}');
INSERT INTO "job_events" VALUES(3,10,'2026-11-22 23:49:31.751990','progress','{"stage": "package", "done": 1, "total": 1, "note": "/tmp/tmp0eyspb0p/tones-int8-host.zip"}');
INSERT INTO "job_events" VALUES(3,11,'2026-11-22 23:49:31.764423','state','{"state": "succeeded", "error": null}');
CREATE TABLE jobs (
	project_id INTEGER,
	kind VARCHAR(40) NOT NULL,
	state VARCHAR(20) NOT NULL,
	arguments JSON NOT NULL,
	progress JSON NOT NULL,
	result JSON,
	error JSON,
	runner VARCHAR(80),
	attempt INTEGER NOT NULL,
	retry_of INTEGER,
	time_limit_s INTEGER,
	memory_limit_mb INTEGER,
	created_by INTEGER,
	cancel_requested_at DATETIME,
	started_at DATETIME,
	ended_at DATETIME,
	heartbeat_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_jobs PRIMARY KEY (id),
	CONSTRAINT fk_jobs_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "jobs" VALUES(1,'train','succeeded','{"impulse_id": 1}','{"stage": "storing", "done": 0, "total": 1, "note": ""}','{"model_id": 1}',NULL,'e047b47933424d1e8a5cb96577d09c43',1,NULL,NULL,NULL,1,NULL,'2026-11-22 23:49:23.656279','2026-11-22 23:49:27.736230','2026-11-22 23:49:27.736230',1,'2026-11-22 23:49:23.652804');
INSERT INTO "jobs" VALUES(1,'test','succeeded','{"impulse_id": 1}','{"stage": "test", "done": 4, "total": 4, "note": ""}','{"test_result_ids": [1, 2]}',NULL,'e047b47933424d1e8a5cb96577d09c43',1,NULL,NULL,NULL,1,NULL,'2026-11-22 23:49:29.019543','2026-11-22 23:49:30.255360','2026-11-22 23:49:30.255360',2,'2026-11-22 23:49:27.752937');
INSERT INTO "jobs" VALUES(1,'deploy','succeeded','{"impulse_id": 1, "target": "host", "variant": "int8", "memory": "balanced", "form": "cpp-library"}','{"stage": "package", "done": 1, "total": 1, "note": "/tmp/tmp0eyspb0p/tones-int8-host.zip"}','{"deployment_id": 1, "number": 1}',NULL,'e047b47933424d1e8a5cb96577d09c43',1,NULL,NULL,NULL,1,NULL,'2026-11-22 23:49:30.690882','2026-11-22 23:49:31.763880','2026-11-22 23:49:31.763880',3,'2026-11-22 23:49:30.436228');
CREATE TABLE login_failures (
	subject VARCHAR(330) NOT NULL,
	at DATETIME NOT NULL,
	id INTEGER NOT NULL,
	CONSTRAINT pk_login_failures PRIMARY KEY (id)
);
CREATE TABLE login_links (
	user_id INTEGER NOT NULL,
	secret_hash VARCHAR(64) NOT NULL,
	expires_at DATETIME NOT NULL,
	used_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_login_links PRIMARY KEY (id),
	CONSTRAINT fk_login_links_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT uq_login_links_secret_hash UNIQUE (secret_hash)
);
INSERT INTO "login_links" VALUES(1,'6b38c73db9fede89b4ea8f3be1b8aed10fb59e862a20e944128ff630de06b5ce','2026-11-23 23:49:23.265169','2026-11-22 23:49:23.382834',1,'2026-11-22 23:49:23.265794');
CREATE TABLE memberships (
	organization_id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	role VARCHAR(20) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_memberships PRIMARY KEY (organization_id, user_id),
	CONSTRAINT fk_memberships_organization_id_organizations FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
	CONSTRAINT fk_memberships_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE models (
	project_id INTEGER NOT NULL,
	impulse_id INTEGER NOT NULL,
	job_id INTEGER,
	design JSON NOT NULL,
	data_revision INTEGER NOT NULL,
	classes JSON NOT NULL,
	metrics JSON NOT NULL,
	history JSON NOT NULL,
	warnings JSON NOT NULL,
	counters JSON NOT NULL,
	files JSON NOT NULL,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_models PRIMARY KEY (id),
	CONSTRAINT fk_models_impulse_id_impulses FOREIGN KEY(impulse_id) REFERENCES impulses (id) ON DELETE CASCADE,
	CONSTRAINT fk_models_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "models" VALUES(1,1,1,'{"schema_version": 1, "name": "Tones", "input": {"type": "time-series", "window_ms": 400.0, "stride_ms": 400.0, "interval_ms": 10.0, "axes": [], "zero_pad": true, "label_rule": "majority", "group_key": ""}, "processing": [{"id": "statistics", "type": "flatten", "axes": [], "normalize": true, "parameters": {}}], "learning": [{"id": "network", "type": "classification", "inputs": [], "network": [{"type": "dense", "units": 4}], "training": {"epochs": 2, "threads": 1}, "augmentation": {}, "axes": [], "clusters": 32}]}',2,'["loud", "quiet"]','{"parameters": 42, "validation_metric": 0.0, "validation_loss": 0.8931739330291748}','[{"loss": 0.8126721382141113, "metric": 0.5, "validation_loss": 0.8981224894523621, "validation_metric": 0.0}, {"loss": 0.8063929080963135, "metric": 0.5, "validation_loss": 0.8931739330291748, "validation_metric": 0.0}]','[]','{}','{"fitted.json": "6ccc98deac02a1509d95aec77be97dc789520aeec503d659a2a4bd70b4bb9d71", "float32.tflite": "33d57245bd9567b42a9fb3ba98a6fbbf42efe812d19dd2aefc87301f7a0acaa3", "impulse.toml": "cb10b608aedf1aa345db34268880a00889b51cf49e6596d45b7346520faa3af6", "int8.tflite": "c3fdf1c2a6d7b628a1c784497220d8e533beef69de250e1e8a18aad8518c02e5"}',1,'2026-11-22 23:49:27.734791');
CREATE TABLE organizations (
	name VARCHAR(200) NOT NULL,
	slug VARCHAR(80) NOT NULL,
	description TEXT NOT NULL,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	revision INTEGER NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_organizations PRIMARY KEY (id),
	CONSTRAINT uq_organizations_slug UNIQUE (slug)
);
CREATE TABLE profiles (
	project_id INTEGER NOT NULL,
	model_id INTEGER NOT NULL,
	job_id INTEGER,
	variant VARCHAR(10) NOT NULL,
	target VARCHAR(80) NOT NULL,
	memory VARCHAR(20) NOT NULL,
	document JSON NOT NULL,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_profiles PRIMARY KEY (id),
	CONSTRAINT fk_profiles_model_id_models FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE,
	CONSTRAINT fk_profiles_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE TABLE projects (
	organization_id INTEGER,
	name VARCHAR(200) NOT NULL,
	description TEXT NOT NULL,
	readme TEXT NOT NULL,
	visibility VARCHAR(20) NOT NULL,
	data_revision INTEGER NOT NULL,
	target JSON NOT NULL,
	import_rule JSON NOT NULL,
	settings JSON NOT NULL,
	deleted_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	revision INTEGER NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_projects PRIMARY KEY (id),
	CONSTRAINT fk_projects_organization_id_organizations FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
INSERT INTO "projects" VALUES(NULL,'Tones','','','private',2,'{}','{}','{}',NULL,1,'2026-11-22 23:49:23.498413',1,'2026-11-22 23:49:23.593130');
CREATE TABLE sample_counts (
	project_id INTEGER NOT NULL,
	category VARCHAR(20) NOT NULL,
	label VARCHAR(200) NOT NULL,
	enabled BOOLEAN NOT NULL,
	samples BIGINT NOT NULL,
	length_ms DOUBLE NOT NULL,
	size_bytes BIGINT NOT NULL,
	CONSTRAINT pk_sample_counts PRIMARY KEY (project_id, category, label, enabled),
	CONSTRAINT fk_sample_counts_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "sample_counts" VALUES(1,'training','loud',1,8,3200.0,3190);
INSERT INTO "sample_counts" VALUES(1,'training','quiet',1,8,3200.0,3090);
INSERT INTO "sample_counts" VALUES(1,'testing','loud',1,2,800.0,794);
INSERT INTO "sample_counts" VALUES(1,'testing','quiet',1,2,800.0,770);
CREATE TABLE sample_labels (
	sample_id INTEGER NOT NULL,
	label VARCHAR(200) NOT NULL,
	project_id INTEGER NOT NULL,
	count INTEGER NOT NULL,
	length_ms DOUBLE NOT NULL,
	CONSTRAINT pk_sample_labels PRIMARY KEY (sample_id, label),
	CONSTRAINT fk_sample_labels_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE,
	CONSTRAINT fk_sample_labels_sample_id_samples FOREIGN KEY(sample_id) REFERENCES samples (id) ON DELETE CASCADE
);
CREATE TABLE sample_metadata (
	sample_id INTEGER NOT NULL,
	name VARCHAR(200) NOT NULL,
	value VARCHAR(1000) NOT NULL,
	project_id INTEGER NOT NULL,
	CONSTRAINT pk_sample_metadata PRIMARY KEY (sample_id, name),
	CONSTRAINT fk_sample_metadata_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE,
	CONSTRAINT fk_sample_metadata_sample_id_samples FOREIGN KEY(sample_id) REFERENCES samples (id) ON DELETE CASCADE
);
INSERT INTO "sample_metadata" VALUES(1,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(2,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(3,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(4,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(5,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(6,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(7,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(8,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(9,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(10,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(11,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(12,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(13,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(14,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(15,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(16,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(17,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(18,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(19,'site','yard',1);
INSERT INTO "sample_metadata" VALUES(20,'site','yard',1);
CREATE TABLE samples (
	project_id INTEGER NOT NULL,
	"key" VARCHAR(40) NOT NULL,
	name VARCHAR(400) NOT NULL,
	label VARCHAR(200) NOT NULL,
	category VARCHAR(20) NOT NULL,
	enabled BOOLEAN NOT NULL,
	content_hash VARCHAR(64) NOT NULL,
	format VARCHAR(8) NOT NULL,
	kind VARCHAR(8) NOT NULL,
	frames BIGINT NOT NULL,
	interval_ms DOUBLE NOT NULL,
	length_ms DOUBLE NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	size_bytes BIGINT NOT NULL,
	sensors JSON NOT NULL,
	warnings JSON NOT NULL,
	options JSON NOT NULL,
	span JSON,
	segments JSON NOT NULL,
	boxes JSON NOT NULL,
	metadata JSON NOT NULL,
	signature VARCHAR(12) NOT NULL,
	device_id INTEGER,
	parent_id INTEGER,
	created_by INTEGER,
	deleted_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	revision INTEGER NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_samples PRIMARY KEY (id),
	CONSTRAINT fk_samples_device_id_devices FOREIGN KEY(device_id) REFERENCES devices (id) ON DELETE SET NULL,
	CONSTRAINT fk_samples_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE,
	CONSTRAINT uq_samples_project_id_key UNIQUE (project_id, "key")
);
INSERT INTO "samples" VALUES(1,'b29ab52efec5725b','quiet.training0','quiet','training',1,'b29ab52efec5725bb8e80a8b6f5052e67a0b3c68e9eee77f841829e740f4bb10','csv','signal',40,10.0,400.0,0,0,388,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,1,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'cb419ceae29a01ca','quiet.training1','quiet','training',1,'cb419ceae29a01caf03f3adc85f686fdf48ffdc8fadc6e5fc563a2217a381f9e','csv','signal',40,10.0,400.0,0,0,383,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,2,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'95cc3a13e82bad2a','quiet.training2','quiet','training',1,'95cc3a13e82bad2a8bc894d1f36592a11465a2949328b0e6fd850caa0e7d56f8','csv','signal',40,10.0,400.0,0,0,392,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,3,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'ff72f0a84437c7a8','quiet.training3','quiet','training',1,'ff72f0a84437c7a8ffe7575c4713dfbc0013c0f9863e4cb3c826866299545200','csv','signal',40,10.0,400.0,0,0,386,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,4,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'9ec39a6f8af55c7e','quiet.training4','quiet','training',1,'9ec39a6f8af55c7ec382f3701e90da249da784c6b62697e9bc1fee37066b0d02','csv','signal',40,10.0,400.0,0,0,383,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,5,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'7c499a84bbdf8a88','quiet.training5','quiet','training',1,'7c499a84bbdf8a8805ab9b1feb646d73c1c51e80c671ac3eb3136bbee2614198','csv','signal',40,10.0,400.0,0,0,385,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,6,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'34aad7c57281d151','quiet.training6','quiet','training',1,'34aad7c57281d15176d806531ea6dbd9e3b7fea5ef6a3e055d33ee2ebcde950c','csv','signal',40,10.0,400.0,0,0,386,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,7,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'3f16a4a6d9689049','quiet.training7','quiet','training',1,'3f16a4a6d96890492635a688f170b6ff90a9109d61b73d056d4217643100044d','csv','signal',40,10.0,400.0,0,0,387,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,8,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'bae3ac0f8df65f00','loud.training0','loud','training',1,'bae3ac0f8df65f007cee633ce5e0bddb5ee20702961b2cca646bf1705f85c05d','csv','signal',40,10.0,400.0,0,0,403,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,9,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'c16b6cf59bb45298','loud.training1','loud','training',1,'c16b6cf59bb45298dd81bb4e454e4d4aa9840c600628c76860513547516540c7','csv','signal',40,10.0,400.0,0,0,410,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,10,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'5e3916d0ab646db7','loud.training2','loud','training',1,'5e3916d0ab646db7129265bc474d1024f23d7ec56d98f3e0e6cf8a1642cec594','csv','signal',40,10.0,400.0,0,0,402,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,11,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'15776e59389b43f9','loud.training3','loud','training',1,'15776e59389b43f9c50b44ad3c74205c2918b49cb935a120eadfc12c8cf12e8a','csv','signal',40,10.0,400.0,0,0,396,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,12,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'3531b707fa9fcd33','loud.training4','loud','training',1,'3531b707fa9fcd3371194fdbd5f12877eed49ae26e2a336d2ecd3a2cbf7181d3','csv','signal',40,10.0,400.0,0,0,396,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,13,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'e40f2b11f1beb6ed','loud.training5','loud','training',1,'e40f2b11f1beb6ed1085515b02816526a63144549bd56435ee6b4744e69816a7','csv','signal',40,10.0,400.0,0,0,399,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,14,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'57d2707c4858343b','loud.training6','loud','training',1,'57d2707c4858343b549a8f8cfbc145c531ca52375459eafd1ed01eb703ccac64','csv','signal',40,10.0,400.0,0,0,393,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,15,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'bff66ba6f7043055','loud.training7','loud','training',1,'bff66ba6f7043055880852f5c702a7a51c2911fb312e3fe2a0d2b2bc116ab8d3','csv','signal',40,10.0,400.0,0,0,391,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,16,'2026-11-22 23:49:23.570261',1,'2026-11-22 23:49:23.570261');
INSERT INTO "samples" VALUES(1,'60d55a568784bd11','quiet.testing0','quiet','testing',1,'60d55a568784bd1115a07c1eaadc71161e5c755210a255c49a533447b5509bd2','csv','signal',40,10.0,400.0,0,0,389,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,17,'2026-11-22 23:49:23.590823',1,'2026-11-22 23:49:23.590823');
INSERT INTO "samples" VALUES(1,'03306d42f60fb1fa','quiet.testing1','quiet','testing',1,'03306d42f60fb1fab28c43b125496b1a7af192ea2e68439b69333d1bf31b6638','csv','signal',40,10.0,400.0,0,0,381,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,18,'2026-11-22 23:49:23.590823',1,'2026-11-22 23:49:23.590823');
INSERT INTO "samples" VALUES(1,'ed4baab5c99c2b34','loud.testing0','loud','testing',1,'ed4baab5c99c2b3452c1b250fcf2e0de884135c09ebe91d1a2d30962b76bea92','csv','signal',40,10.0,400.0,0,0,394,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,19,'2026-11-22 23:49:23.590823',1,'2026-11-22 23:49:23.590823');
INSERT INTO "samples" VALUES(1,'2cff99e1bd82ae09','loud.testing1','loud','testing',1,'2cff99e1bd82ae097743c4551209c4fa11ebf2589b0e4fa89d6426798e85ed65','csv','signal',40,10.0,400.0,0,0,400,'[["level", "N/A"]]','[]','{}',NULL,'[]','[]','{"site": "yard"}','unsigned',NULL,NULL,1,NULL,20,'2026-11-22 23:49:23.590823',1,'2026-11-22 23:49:23.590823');
CREATE TABLE sessions (
	user_id INTEGER NOT NULL,
	secret_hash VARCHAR(64) NOT NULL,
	expires_at DATETIME NOT NULL,
	last_used_at DATETIME NOT NULL,
	user_agent VARCHAR(300) NOT NULL,
	address VARCHAR(64) NOT NULL,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_sessions PRIMARY KEY (id),
	CONSTRAINT fk_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT uq_sessions_secret_hash UNIQUE (secret_hash)
);
INSERT INTO "sessions" VALUES(1,'0d0b229056f4551fd0f725d1c0df9f501bc32154c006201815fa8ef65a1565f6','2026-12-22 23:49:23.382894','2026-11-22 23:49:23.384343','testclient','testclient',1,'2026-11-22 23:49:23.384345');
CREATE TABLE settings (
	name VARCHAR(80) NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT pk_settings PRIMARY KEY (name)
);
CREATE TABLE test_results (
	project_id INTEGER NOT NULL,
	model_id INTEGER NOT NULL,
	job_id INTEGER,
	variant VARCHAR(10) NOT NULL,
	data_revision INTEGER NOT NULL,
	metrics JSON NOT NULL,
	windows_hash VARCHAR(64) NOT NULL,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_test_results PRIMARY KEY (id),
	CONSTRAINT fk_test_results_model_id_models FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE,
	CONSTRAINT fk_test_results_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "test_results" VALUES(1,1,2,'float32',2,'{"variant": "float32", "classes": ["loud", "quiet"], "classification": {"count": 4, "accuracy": 0.5, "classes": [{"name": "loud", "support": 2, "precision": 0.5, "recall": 1.0, "f1": 0.6666666666666666, "roc_auc": 0.0}, {"name": "quiet", "support": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0, "roc_auc": 0.0}], "confusion": [[2, 0], [2, 0]], "macro": {"precision": 0.25, "recall": 0.5, "f1": 0.3333333333333333, "roc_auc": 0.0}, "weighted": {"precision": 0.25, "recall": 0.5, "f1": 0.3333333333333333, "roc_auc": 0.0}, "log_loss": 0.7844590313209416}, "regression": null, "anomaly": null, "anomaly_threshold": null, "normal": []}','30a90ebfc61961db7abd11b7c745624b940775b2f95e58ca6a53dbff98158a3d',1,'2026-11-22 23:49:30.254616');
INSERT INTO "test_results" VALUES(1,1,2,'int8',2,'{"variant": "int8", "classes": ["loud", "quiet"], "classification": {"count": 4, "accuracy": 0.5, "classes": [{"name": "loud", "support": 2, "precision": 0.5, "recall": 1.0, "f1": 0.6666666666666666, "roc_auc": 0.0}, {"name": "quiet", "support": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0, "roc_auc": 0.0}], "confusion": [[2, 0], [2, 0]], "macro": {"precision": 0.25, "recall": 0.5, "f1": 0.3333333333333333, "roc_auc": 0.0}, "weighted": {"precision": 0.25, "recall": 0.5, "f1": 0.3333333333333333, "roc_auc": 0.0}, "log_loss": 0.7880356817643231}, "regression": null, "anomaly": null, "anomaly_threshold": null, "normal": []}','b294cd1cec6586c4ab6a3cfbf3e8b772e27094cce87e7c9747a507386ea5ac67',2,'2026-11-22 23:49:30.254622');
CREATE TABLE uploads (
	id VARCHAR(40) NOT NULL,
	project_id INTEGER NOT NULL,
	file_name VARCHAR(400) NOT NULL,
	size BIGINT NOT NULL,
	received BIGINT NOT NULL,
	choices JSON NOT NULL,
	result JSON,
	created_by INTEGER,
	expires_at DATETIME NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_uploads PRIMARY KEY (id),
	CONSTRAINT fk_uploads_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE TABLE users (
	email VARCHAR(320) NOT NULL,
	name VARCHAR(200) NOT NULL,
	password_hash VARCHAR(200),
	is_admin BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	last_seen_at DATETIME,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_users PRIMARY KEY (id),
	CONSTRAINT uq_users_email UNIQUE (email)
);
INSERT INTO "users" VALUES('admin@localhost','Administrator',NULL,1,1,'2026-11-22 23:49:23.382977',1,'2026-11-22 23:49:23.264738');
CREATE TABLE versions (
	project_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	description TEXT NOT NULL,
	manifest_hash VARCHAR(64) NOT NULL,
	summary JSON NOT NULL,
	created_by INTEGER,
	id INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_versions PRIMARY KEY (id),
	CONSTRAINT fk_versions_created_by_users FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL,
	CONSTRAINT fk_versions_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE INDEX ix_login_failures_subject ON login_failures (subject);
CREATE INDEX ix_audit_events_at ON audit_events (at);
CREATE INDEX ix_audit_events_organization_id_id ON audit_events (organization_id, id);
CREATE INDEX ix_audit_events_project_id_id ON audit_events (project_id, id);
CREATE INDEX ix_memberships_user_id ON memberships (user_id);
CREATE INDEX ix_projects_organization_id ON projects (organization_id);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
CREATE INDEX ix_api_keys_project_id ON api_keys (project_id);
CREATE INDEX ix_api_keys_user_id ON api_keys (user_id);
CREATE INDEX ix_artifacts_project_id_kind_key_id ON artifacts (project_id, kind, "key", id);
CREATE INDEX ix_collaborators_user_id ON collaborators (user_id);
CREATE INDEX ix_devices_project_id ON devices (project_id);
CREATE INDEX ix_hmac_keys_project_id ON hmac_keys (project_id);
CREATE INDEX ix_impulses_project_id ON impulses (project_id);
CREATE INDEX ix_invitations_organization_id ON invitations (organization_id);
CREATE INDEX ix_invitations_project_id ON invitations (project_id);
CREATE INDEX ix_jobs_project_id_id ON jobs (project_id, id);
CREATE INDEX ix_jobs_state_id ON jobs (state, id);
CREATE INDEX ix_uploads_project_id ON uploads (project_id);
CREATE INDEX ix_versions_project_id ON versions (project_id);
CREATE INDEX ix_models_impulse_id ON models (impulse_id);
CREATE INDEX ix_models_project_id ON models (project_id);
CREATE INDEX ix_samples_category ON samples (project_id, deleted_at, category, id);
CREATE INDEX ix_samples_device ON samples (device_id, id);
CREATE INDEX ix_samples_label ON samples (project_id, deleted_at, label, id);
CREATE INDEX ix_samples_length ON samples (project_id, deleted_at, length_ms, id);
CREATE INDEX ix_samples_list ON samples (project_id, deleted_at, id);
CREATE INDEX ix_samples_name ON samples (project_id, deleted_at, name, id);
CREATE INDEX ix_samples_project_id_content_hash ON samples (project_id, content_hash);
CREATE INDEX ix_profiles_model_id_target_variant_id ON profiles (model_id, target, variant, id);
CREATE INDEX ix_profiles_project_id ON profiles (project_id);
CREATE INDEX ix_sample_labels_find ON sample_labels (project_id, label, sample_id);
CREATE INDEX ix_sample_metadata_find ON sample_metadata (project_id, name, value, sample_id);
CREATE INDEX ix_test_results_model_id_variant_id ON test_results (model_id, variant, id);
CREATE INDEX ix_test_results_project_id ON test_results (project_id);
COMMIT;
