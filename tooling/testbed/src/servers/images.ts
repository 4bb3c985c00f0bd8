/** Container images of the servers, as testcontainers pulls them. The only place that names them. */
export const IMAGES = {
  postgres: 'postgres:18',
  mysql: 'mysql:9',
  mariadb: 'mariadb:11',
  mongodb: 'mongo:8',
} as const;
